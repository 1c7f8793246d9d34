import { type ReactNode, useEffect, useState } from 'react';
import type { Problem } from '../server/problem';
import { type Purpose, townIssuer, startTownSignIn } from '../server/sso';

/** Where the window that comes back from the town hall's sign-in says so. */
const CHANNEL = 'entaku-sso';

interface Props {
  municipality: string | null;
  purpose: Purpose;
  label: string;
  /** Issuers for which it is not offered. */
  except?: string[];
  onProblems(problems: Problem[]): void;
  /** A fresh proof was given, in another window. */
  onProved?(): void;
}

/** The button of the municipality's own sign-in, where it has one. */
export function TownSignIn({ municipality, purpose, label, except, onProblems, onProved }: Props): ReactNode {
  const issuer = useTownIssuer(municipality);
  useEffect(() => {
    if (!onProved) return undefined;
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = () => onProved();
    return () => channel.close();
  }, [onProved]);
  if (!issuer || !municipality || except?.includes(issuer)) return null;
  const go = async (): Promise<void> => {
    const outcome = await startTownSignIn(purpose, municipality);
    if ('problems' in outcome) return onProblems(outcome.problems);
    // What is written here waits in this window while the proof is given in another.
    if (onProved) window.open(outcome.location, '_blank');
    else window.location.assign(outcome.location);
  };
  return (
    <button type="button" className="quiet" onClick={() => void go()}>
      {label}
    </button>
  );
}

function useTownIssuer(municipality: string | null): string | null {
  const [issuer, setIssuer] = useState<string | null>(null);
  useEffect(() => {
    setIssuer(null);
    if (!municipality || !/^[0-9]{6}$/.test(municipality)) return undefined;
    const asked = new AbortController();
    townIssuer(municipality, asked.signal).then(setIssuer, () => undefined);
    return () => asked.abort();
  }, [municipality]);
  return issuer;
}
