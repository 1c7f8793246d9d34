import { type ReactNode, useState } from 'react';
import { useConsole } from './console';
import { roleName } from './japanese/roles';
import type { Problem } from './server/problem';
import { TownSignIn } from './session/town-sign-in';

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
      {viewer && <Link municipality={session.municipality} linked={viewer.issuers} />}
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

/** Links the account with the town hall's sign-in, where there is one. */
function Link({ municipality, linked }: { municipality: string | null; linked: string[] }): ReactNode {
  const [problems, setProblems] = useState<Problem[]>([]);
  return (
    <>
      <TownSignIn municipality={municipality} purpose="LINK" label="市の認証と結び付ける" except={linked} onProblems={setProblems} />
      {problems[0] && <small role="alert">{problems[0].message}</small>}
    </>
  );
}
