import { Kind, parse, print, separateOperations } from 'graphql';

/** Of a document with several operations only the chosen one, with the fragments it uses. */
export function chosenOperation(query: string, operationName: string | null | undefined): string {
  if (!operationName) return query;
  try {
    const parts = separateOperations(parse(query));
    const chosen = Object.keys(parts).length > 1 ? parts[operationName] : undefined;
    return chosen ? print(chosen) : query;
  } catch {
    // The server says what is wrong with it, in Japanese.
    return query;
  }
}

/** Does the document tell of changes, once for each, instead of answering? */
export function isSubscription(query: string): boolean {
  try {
    return parse(query).definitions.some((part) => part.kind === Kind.OPERATION_DEFINITION && part.operation === 'subscription');
  } catch {
    return false;
  }
}
