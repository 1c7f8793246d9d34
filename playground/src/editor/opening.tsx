import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useRef } from 'react';

/** A document that is to be opened in the editor. */
export interface Opened {
  query: string;
  variables: Record<string, unknown>;
}

/** Opens a document in a tab of its own, once the editors are there. */
export function Opening({ opened }: { opened: Opened | null }): null {
  const { addTab } = useGraphiQLActions();
  const query = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);
  const done = useRef<Opened>(null);
  useEffect(() => {
    if (!opened || !query || !variables || done.current === opened) return;
    done.current = opened;
    addTab();
    query.setValue(opened.query);
    query.setScrollLeft(0);
    variables.setValue(JSON.stringify(opened.variables, null, 2));
  }, [opened, query, variables]);
  return null;
}
