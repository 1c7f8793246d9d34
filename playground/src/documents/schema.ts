import { type GraphQLSchema, type IntrospectionQuery, buildClientSchema, getIntrospectionQuery } from 'graphql';
import { send } from '../server/graphql';

/** The schema, where the caller may read it. */
export async function loadSchema(): Promise<GraphQLSchema | null> {
  const { data } = await send({ query: getIntrospectionQuery(), operationName: 'IntrospectionQuery' });
  return data?.['__schema'] ? buildClientSchema(data as unknown as IntrospectionQuery) : null;
}
