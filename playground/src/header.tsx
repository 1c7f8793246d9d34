import type { ReactNode } from 'react';
import { useConsole } from './console';
import { roleName } from './japanese/roles';

/** The bar at the top: whose page it is, the dry run, the schema, signing in and out. */
export function Header({ onSignOut }: { onSignOut(): void }): ReactNode {
  const { session, viewer, schema, dryRun, setDryRun, askToSignIn } = useConsole();
  return (
    <header className={dryRun ? 'top rehearsing' : 'top'}>
      <h1>
        円卓 <span>GraphQL Playground</span>
      </h1>
      <label className="toggle" title="書き込みの検査だけを行い、何も書き込みません">
        <input type="checkbox" checked={dryRun} onChange={(e) => setDryRun(e.target.checked)} />
        試行(書き込まない)
      </label>
      {schema && (
        <a href="/schema.graphql" download>
          スキーマ(SDL)
        </a>
      )}
      {viewer && (
        <span className="viewer">
          {viewer.name}
          <small>{viewer.roles.map((word) => roleName(schema, word)).join('・')}</small>
        </span>
      )}
      {session.signedIn ? (
        <button type="button" className="quiet" onClick={onSignOut}>
          サインアウト
        </button>
      ) : (
        <button type="button" onClick={askToSignIn}>
          サインイン
        </button>
      )}
    </header>
  );
}
