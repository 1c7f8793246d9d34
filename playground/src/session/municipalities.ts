import { send } from '../server/graphql';

export interface Municipality {
  lgCode: string;
  name: string;
  prefecture: string;
}

const QUERY = `query Municipalities {
  municipalities(first: 100) { pageInfo { hasNextPage } nodes { lgCode name prefecture } }
}`;

/** The municipalities of this server; nothing where they are too many for a list, and the code is asked for. */
export async function loadMunicipalities(): Promise<Municipality[] | null> {
  const { data } = await send({ query: QUERY, operationName: 'Municipalities' });
  const list = data?.['municipalities'] as { nodes: Municipality[]; pageInfo: { hasNextPage: boolean } } | null;
  return list && !list.pageInfo.hasNextPage ? list.nodes : null;
}
