import { useCallback, useEffect, useRef, useState } from 'react';
import { type Outcome, type Session, readSession, renewSession } from '../server/session';
import { PUBLIC } from './drafts';

/** How often a session in use is renewed; it ends an hour after the last renewal. */
const RENEWAL = 5 * 60 * 1000;
/** After how long without work what is on the screen is taken away: the next person may stand there. */
const LEFT_ALONE = 60 * 60 * 1000;
/** How often that is looked at. */
const LOOK = 60 * 1000;

export const NOBODY: Session = { signedIn: false, account: null, municipality: null, introspection: false };

/** The session, renewed silently while somebody works. */
export function useSession() {
  const [session, setSession] = useState<Session | null>(null);
  const [expired, setExpired] = useState(false);
  const take = useCallback((outcome: Outcome): void => {
    if ('session' in outcome) setSession(outcome.session);
  }, []);
  useEffect(() => {
    void readSession().then((outcome) => setSession('session' in outcome ? outcome.session : NOBODY));
  }, []);
  const lost = useCallback((): void => {
    // The server says what holds without a session, and takes the useless cookie back before anything else is asked.
    void readSession().then((outcome) => {
      setExpired(true);
      take(outcome);
    });
  }, []);
  useRenewal(session?.signedIn ?? false, expired, lost);
  const owner = useOwner(session, expired);
  const signedIn = useCallback((next: Session): void => {
    setExpired(false);
    setSession(next);
  }, []);
  return { session, expired, owner, lost, signedIn, forget: () => setExpired(false) };
}

/** Renews while there is work: a terminal that is left alone is signed out. */
function useRenewal(signedIn: boolean, expired: boolean, lost: () => void): void {
  useEffect(() => {
    if (!signedIn && !expired) return undefined;
    let worked = true;
    let last = Date.now();
    const work = (): void => {
      worked = true;
      last = Date.now();
    };
    const look = (): void => {
      if (Date.now() - last >= LEFT_ALONE) wipe();
    };
    const renew = async (): Promise<void> => {
      if (!worked || !signedIn) return;
      worked = false;
      const outcome = await renewSession();
      if ('problems' in outcome && outcome.problems.some((p) => p.code === 'UNAUTHENTICATED')) lost();
    };
    const timers = [setInterval(() => void renew(), RENEWAL), setInterval(look, LOOK)];
    const signs = ['pointerdown', 'keydown'] as const;
    signs.forEach((sign) => window.addEventListener(sign, work, true));
    return () => {
      timers.forEach(clearInterval);
      signs.forEach((sign) => window.removeEventListener(sign, work, true));
    };
  }, [signedIn, expired]);
}

/** Whose work is on the screen: theirs who signed in last, until somebody else does or it is given up. */
function useOwner(session: Session | null, expired: boolean): string {
  const last = useRef(PUBLIC);
  if (session?.account) last.current = session.account;
  else if (session && !expired) last.current = PUBLIC;
  return last.current;
}

/** Leaves nothing of the session in this tab. */
export function wipe(): void {
  window.sessionStorage.clear();
  window.location.reload();
}
