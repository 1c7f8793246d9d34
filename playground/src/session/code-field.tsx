import type { ReactNode } from 'react';
import type { Problem } from '../server/problem';

/** Does the server ask for a code of the second factor? */
export function asksForCode(problems: Problem[]): boolean {
  return problems.some((p) => p.reason === 'SECOND_FACTOR_REQUIRED' || p.reason === 'SECOND_FACTOR_WRONG');
}

/** The field for a one-time code or a recovery code. */
export function CodeField(): ReactNode {
  return (
    <>
      <label htmlFor="code">確認コード</label>
      <input id="code" name="code" autoComplete="one-time-code" autoCapitalize="none" spellCheck={false} required autoFocus />
      <p className="beside">認証アプリに表示された6桁の数字。使えないときは回復コード。</p>
    </>
  );
}
