import { type FormEvent, type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { Problems } from '../result/problems';
import { onStepUp } from '../server/graphql';
import type { Problem } from '../server/problem';
import { proveAgain } from '../server/session';
import { CodeField, asksForCode } from './code-field';
import { TownSignIn } from './town-sign-in';

/** Shows a small dialog when an act needs a fresh proof; the act goes on once it is given. */
export function ProveAgain({ municipality }: { municipality: string | null }): ReactNode {
  const waiting = useRef<((proved: boolean) => void) | null>(null);
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    onStepUp(
      () =>
        new Promise((resolve) => {
          waiting.current?.(false);
          waiting.current = resolve;
          setAsking(true);
        }),
    );
    return () => onStepUp(null);
  }, []);
  const end = (proved: boolean): void => {
    waiting.current?.(proved);
    waiting.current = null;
    setAsking(false);
  };
  return asking && <ProofForm municipality={municipality} onEnd={end} />;
}

function ProofForm({ municipality, onEnd }: { municipality: string | null; onEnd(proved: boolean): void }): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [problems, setProblems] = useState<Problem[]>([]);
  const [busy, setBusy] = useState(false);
  const [coded, setCoded] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const ended = useRef(onEnd);
  ended.current = onEnd;
  const proved = useCallback(() => ended.current(true), []);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string): string => String(form.get(name) ?? '');
    setBusy(true);
    const outcome = await proveAgain({ password: text('password'), code: text('code') || undefined });
    setBusy(false);
    if ('session' in outcome) return onEnd(true);
    setCoded(coded || asksForCode(outcome.problems));
    setProblems(outcome.problems.map(inPlainWords));
  };
  return (
    <dialog ref={dialog} className="sign-in" onClose={() => onEnd(false)} aria-labelledby="prove-title">
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="prove-title">もう一度パスワードを</h2>
        <p className="note">大切な操作の前に、本人であることを確かめます。15分間有効です。</p>
        <Problems problems={problems} />
        <label htmlFor="password-again">パスワード</label>
        <input id="password-again" name="password" type="password" autoComplete="current-password" required autoFocus />
        {coded && <CodeField />}
        <div className="actions">
          <button type="submit" disabled={busy}>
            {busy ? '確かめています…' : '続ける'}
          </button>
          <TownSignIn municipality={municipality} purpose="ELEVATE" label="市の認証で確かめる" onProblems={setProblems} onProved={proved} />
          <button type="button" className="quiet" onClick={() => onEnd(false)}>
            やめる
          </button>
        </div>
      </form>
    </dialog>
  );
}

function inPlainWords(problem: Problem): Problem {
  if (problem.code !== 'UNAUTHENTICATED' || problem.reason) return problem;
  return { ...problem, heading: '確かめられません', message: 'パスワードが違うか、サインインの期限が切れています。' };
}
