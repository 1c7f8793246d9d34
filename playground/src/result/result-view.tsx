import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import { useConsole } from '../console';
import type { ReadyDocument } from '../documents/document';
import type { Answer } from '../server/graphql';
import { Downloads } from './downloads';
import { Problems } from './problems';
import { TableView } from './table-view';
import { tablesOf } from './tables';

/** One run of a document and what came of it. */
export interface Run {
  answer: Answer;
  variables: Record<string, unknown>;
  dryRun: boolean;
}

/** What came back: problems first, then the tables. */
export function ResultView({ document, run }: { document: ReadyDocument; run: Run }): ReactNode {
  const { schema } = useConsole();
  const { data, problems } = run.answer;
  const tables = useMemo(
    () => (schema && data ? tablesOf(schema, document.ast, document.operation, data) : []),
    [schema, document, data],
  );
  const shown = useRef<HTMLElement>(null);
  useEffect(() => shown.current?.scrollIntoView({ behavior: 'smooth', block: 'start' }), [run]);
  const done = data !== null && problems.length === 0;
  return (
    <section className="result" ref={shown} aria-label="結果">
      <Problems problems={problems} />
      {done && document.operation.operation === 'mutation' && <Done dryRun={run.dryRun} />}
      {schema &&
        tables.map((table) => (
          <article key={table.path.join('.')}>
            <header>
              <h3>{table.title}</h3>
              {!table.single && <span className="beside">{countOf(table.rows.length, table.total)}</span>}
              {!table.single && <Downloads document={document} table={table} variables={run.variables} />}
            </header>
            <TableView schema={schema} table={table} />
          </article>
        ))}
      {done && tables.length === 0 && <p className="empty">該当するものはありません。</p>}
    </section>
  );
}

function countOf(shown: number, total: number | null): string {
  return total !== null && total > shown ? `全${total}件のうち${shown}件` : `${shown}件`;
}

function Done({ dryRun }: { dryRun: boolean }): ReactNode {
  if (dryRun) return <p className="note rehearsal">試行しました。検査はすべて通りましたが、何も書き込んでいません。</p>;
  return <p className="note done">完了しました。</p>;
}
