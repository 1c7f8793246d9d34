import type { ReactNode } from 'react';
import { type Problem, headingOf } from '../server/problem';

/** Coded errors, each with what kind it is, the server's sentence and its code. */
export function Problems({ problems }: { problems: Problem[] }): ReactNode {
  return problems.map((problem, i) => (
    <div className="problem" role="alert" key={i}>
      <strong>{headingOf(problem)}</strong>
      <p>{problem.message}</p>
      {problem.fields.length > 0 && (
        <ul>
          {problem.fields.map((field, n) => (
            <li key={n}>
              <code>{field.path}</code> {field.message}
            </li>
          ))}
        </ul>
      )}
      <p className="beside">
        <code>{problem.reason ? `${problem.code}/${problem.reason}` : problem.code}</code>
        {problem.path && <> ・ {problem.path}</>}
        {problem.requestId && <> ・ 受付番号 {problem.requestId}</>}
      </p>
    </div>
  ));
}
