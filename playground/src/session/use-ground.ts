import type { GraphQLSchema } from 'graphql';
import { useEffect, useState } from 'react';
import type { Viewer } from '../console';
import { loadSchema } from '../documents/schema';
import { send } from '../server/graphql';
import type { Session } from '../server/session';

const VIEWER = 'query Viewer { viewer { name appointments { role endsOn } identities { issuer } } }';

/** What the session may see: the schema, and who it is. `null` while it is not known. */
export function useGround(session: Session | null): { schema: GraphQLSchema | null; viewer: Viewer | null; known: boolean } {
  const [schema, setSchema] = useState<GraphQLSchema | null>(null);
  const [viewer, setViewer] = useState<Viewer | null>(null);
  const [known, setKnown] = useState(false);
  useEffect(() => {
    if (!session) return undefined;
    let current = true;
    const read = async (): Promise<void> => {
      const [next, who] = await Promise.all([session.introspection ? loadSchema() : null, session.signedIn ? loadViewer() : null]);
      if (!current) return;
      setSchema((before) => (before && next ? before : next));
      setViewer(who);
      setKnown(true);
    };
    void read();
    return () => void (current = false);
  }, [session]);
  return { schema, viewer, known };
}

async function loadViewer(): Promise<Viewer | null> {
  const { data } = await send({ query: VIEWER, operationName: 'Viewer' });
  const viewer = data?.['viewer'] as { name: string; appointments: { role: string }[]; identities: { issuer: string }[] } | null | undefined;
  return viewer ? { name: viewer.name, roles: [...new Set(viewer.appointments.map((a) => a.role))], issuers: viewer.identities.map((i) => i.issuer) } : null;
}
