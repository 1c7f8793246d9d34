import type { GraphQLSchema } from 'graphql';
import { createContext, useContext } from 'react';
import type { Session } from './server/session';

/** Who is signed in, as the page shows it. */
export interface Viewer {
  name: string;
  roles: string[];
  /** Where they are known, besides here: the issuers of their identities. */
  issuers: string[];
}

/** What every part of the page shares. */
export interface Console {
  session: Session;
  viewer: Viewer | null;
  schema: GraphQLSchema | null;
  dryRun: boolean;
  setDryRun(on: boolean): void;
  /** The server has answered that nobody is signed in (any longer). */
  signedOut(): void;
  askToSignIn(): void;
}

export const ConsoleContext = createContext<Console | null>(null);

export function useConsole(): Console {
  const shared = useContext(ConsoleContext);
  if (!shared) throw new Error('outside of the console');
  return shared;
}
