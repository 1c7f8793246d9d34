import { type GraphQLSchema, isEnumType } from 'graphql';

/** What a role is called, without its remark in parentheses. */
export function roleName(schema: GraphQLSchema | null, word: string): string {
  const role = schema?.getType('Role');
  const description = isEnumType(role) ? role.getValue(word)?.description : null;
  return description?.replace(/[((].*$/, '') || word;
}
