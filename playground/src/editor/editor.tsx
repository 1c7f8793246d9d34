import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import { type ReactNode, useMemo, useRef } from 'react';
import { useConsole } from '../console';
import { send } from '../server/graphql';
import { listen } from '../server/listen';
import { draftsOf, takeOver } from '../session/drafts';
import { Opening, type Opened } from './opening';
import { chosenOperation, isSubscription } from './separate';

const PLUGINS = [explorerPlugin({ showAttribution: false }), HISTORY_PLUGIN];

const WELCOME = `# 左の「帳票・手続き」から選ぶと、入力欄に記入するだけで使えます。
# ここでは GraphQL の文書を自由に書いて実行できます(Ctrl+Enter)。

query Organizations {
  organizations(first: 10, orderBy: NAME_KANA) {
    totalCount
    nodes {
      name
      stage
      district {
        name
      }
    }
  }
}
`;

interface Sent {
  query: string;
  operationName?: string | null;
  variables?: Record<string, unknown> | null;
}

/** GraphiQL: keeps what is written in this tab only and for its owner only, because terminals are shared. */
export function Editor({ owner, opened }: { owner: string; opened: Opened | null }): ReactNode {
  const { schema } = useConsole();
  const storage = useMemo(() => {
    takeOver(owner);
    return draftsOf(owner);
  }, [owner]);
  const fetcher = useFetcher();
  return (
    <GraphiQL
      fetcher={fetcher}
      schema={schema}
      storage={storage}
      plugins={PLUGINS}
      forcedTheme="light"
      defaultQuery={WELCOME}
      defaultEditorToolsVisibility="variables"
      shouldPersistHeaders={false}
      showPersistHeadersSettings={false}
    >
      <GraphiQL.Logo>
        <span />
      </GraphiQL.Logo>
      <Opening opened={opened} />
    </GraphiQL>
  );
}

function useFetcher() {
  const { dryRun, signedOut } = useConsole();
  const now = useRef({ dryRun, signedOut });
  now.current = { dryRun, signedOut };
  return useMemo(
    () =>
      async ({ query, operationName, variables }: Sent, options?: { headers?: Record<string, string> }) => {
        const chosen = { query: chosenOperation(query, operationName), operationName: operationName ?? undefined };
        const operation = { ...chosen, variables: variables ?? undefined };
        if (isSubscription(operation.query)) return listen(operation, options?.headers);
        const answer = await send(operation, { dryRun: now.current.dryRun, headers: options?.headers });
        if (answer.status === 401) now.current.signedOut();
        return (answer.body ?? { errors: answer.problems }) as object;
      },
    [],
  );
}

