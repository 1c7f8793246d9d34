import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Problems } from '../result/problems';
import type { Problem } from '../server/problem';
import { type Session, signIn } from '../server/session';
import { CodeField, asksForCode } from './code-field';
import { type Municipality, loadMunicipalities } from './municipalities';
import { TownSignIn } from './town-sign-in';

interface Props {
  municipality: string | null;
  expired: boolean;
  onSignedIn(session: Session): void;
  onClose(): void;
}

/** The sign-in form. What it proves is kept in a cookie that no script can read. */
export function SignIn({ municipality, expired, onSignedIn, onClose }: Props): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [problems, setProblems] = useState<Problem[]>([]);
  const [busy, setBusy] = useState(false);
  const [coded, setCoded] = useState(false);
  const [town, setTown] = useState(municipality);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string): string => String(form.get(name) ?? '');
    setBusy(true);
    const proof = { password: text('password'), code: text('code') || undefined };
    const outcome = await signIn({ municipality: text('municipality'), email: text('email').trim(), ...proof });
    setBusy(false);
    if ('session' in outcome) return onSignedIn(outcome.session);
    setCoded(coded || asksForCode(outcome.problems));
    setProblems(outcome.problems.map(inPlainWords));
  };
  return (
    <dialog ref={dialog} className="sign-in" onClose={onClose} aria-labelledby="sign-in-title">
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="sign-in-title">サインイン</h2>
        {expired && <p className="note">サインインの期限が切れました。もう一度サインインしてください。</p>}
        <Problems problems={problems} />
        <MunicipalityField initial={municipality ?? ''} onChange={setTown} />
        <label htmlFor="email">メールアドレス</label>
        <input id="email" name="email" type="email" autoComplete="username" required autoFocus />
        <label htmlFor="password">パスワード</label>
        <input id="password" name="password" type="password" autoComplete="current-password" required />
        {coded && <CodeField />}
        <div className="actions">
          <button type="submit" disabled={busy}>
            {busy ? '確かめています…' : 'サインイン'}
          </button>
          <TownSignIn municipality={town} purpose="SIGN_IN" label="市の認証で入る" onProblems={setProblems} />
          <button type="button" className="quiet" onClick={onClose}>
            閉じる
          </button>
        </div>
        <p className="beside">席を離れるときはサインアウトしてください。1時間操作がないと自動でサインアウトします。</p>
      </form>
    </dialog>
  );
}

/** The server does not tell who is known to it; neither does the page. */
function inPlainWords(problem: Problem): Problem {
  if (problem.code !== 'UNAUTHENTICATED' || problem.reason) return problem;
  return { ...problem, heading: 'サインインできません', message: '自治体、メールアドレス、パスワードのいずれかが違います。' };
}

function MunicipalityField({ initial, onChange }: { initial: string; onChange(code: string): void }): ReactNode {
  const [known, setKnown] = useState<Municipality[] | null>([]);
  useEffect(() => void loadMunicipalities().then(setKnown), []);
  const first = initial || (known?.[0]?.lgCode ?? '');
  useEffect(() => onChange(first), [first]);
  if (known && known.length > 0) {
    return (
      <>
        <label htmlFor="municipality">自治体</label>
        <select id="municipality" name="municipality" defaultValue={first} onChange={(e) => onChange(e.target.value)}>
          {known.map(({ lgCode, name, prefecture }) => (
            <option key={lgCode} value={lgCode}>
              {prefecture} {name}
            </option>
          ))}
        </select>
      </>
    );
  }
  return (
    <>
      <label htmlFor="municipality">自治体(全国地方公共団体コード)</label>
      <input
        id="municipality"
        name="municipality"
        inputMode="numeric"
        pattern="[0-9]{6}"
        defaultValue={initial}
        onChange={(e) => onChange(e.target.value)}
        required
      />
    </>
  );
}
