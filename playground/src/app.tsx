import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { type Console, ConsoleContext } from './console';
import type { ReadyDocument } from './documents/document';
import { DocumentList } from './documents/document-list';
import { DocumentView } from './documents/document-view';
import { loadDocuments } from './documents/load';
import { Editor } from './editor/editor';
import type { Opened } from './editor/opening';
import { Header } from './header';
import { type Session, signOut } from './server/session';
import { ProveAgain } from './session/prove-again';
import { SignIn } from './session/sign-in';
import { useGround } from './session/use-ground';
import { NOBODY, useSession, wipe } from './session/use-session';

/** The whole page. */
export function App(): ReactNode {
  const { session, expired, owner, lost, signedIn, forget } = useSession();
  const ground = useGround(session);
  const [dryRun, setDryRun] = useState(false);
  const [asking, setAsking] = useState(false);
  const shared = useMemo<Console>(() => {
    const { schema, viewer } = ground;
    return { session: session ?? NOBODY, viewer, schema, dryRun, setDryRun, signedOut: lost, askToSignIn: () => setAsking(true) };
  }, [session, ground.schema, ground.viewer, dryRun]);
  const welcome = (next: Session): void => {
    setAsking(false);
    signedIn(next);
  };
  const close = (): void => {
    setAsking(false);
    forget();
  };
  if (!session || !ground.known) return <p className="starting">読み込んでいます…</p>;
  return (
    <ConsoleContext value={shared}>
      <Header onSignOut={() => void leave()} />
      <Work key={owner} owner={owner} hidden={expired} />
      <ProveAgain municipality={session.municipality} />
      {(asking || expired) && <SignIn municipality={session.municipality} expired={expired} onSignedIn={welcome} onClose={close} />}
    </ConsoleContext>
  );
}

/** Ends the session and leaves nothing of it in this tab. */
async function leave(): Promise<void> {
  const outcome = await signOut();
  if ('problems' in outcome) return window.alert(outcome.problems[0]?.message ?? 'サインアウトできませんでした。');
  return wipe();
}

/**
 * The list at the left, and what is chosen from it. The editor stays, so that what is written in it is not lost; when
 * the session has ended, all of it is out of sight until its owner is back.
 */
function Work({ owner, hidden }: { owner: string; hidden: boolean }): ReactNode {
  const documents = useDocuments();
  const [chosen, setChosen] = useState<string | null>(null);
  const [opened, setOpened] = useState<Opened | null>(null);
  const document = documents.find((d) => d.name === chosen);
  const open = (ready: ReadyDocument, variables: Record<string, unknown>): void => {
    setOpened({ query: ready.text, variables });
    setChosen(null);
  };
  return (
    <div className="work" hidden={hidden}>
      <DocumentList documents={documents} chosen={chosen} onChoose={setChosen} />
      <main>
        {document && <DocumentView key={document.name} document={document} onOpen={open} />}
        <div className="editor" hidden={document !== undefined}>
          <Editor owner={owner} opened={opened} />
        </div>
      </main>
    </div>
  );
}

function useDocuments(): ReadyDocument[] {
  const [documents, setDocuments] = useState<ReadyDocument[]>([]);
  useEffect(() => void loadDocuments().then(setDocuments, () => setDocuments([])), []);
  return documents;
}
