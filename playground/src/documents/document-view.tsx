import { type FormEvent, type ReactNode, useMemo, useState } from 'react';
import { useConsole } from '../console';
import { Field } from '../form/field';
import type { Faults, Value } from '../form/value';
import { type Variable, collect, startOf, variablesOf } from '../form/variables';
import { type Run, ResultView } from '../result/result-view';
import { freshKey, send } from '../server/graphql';
import type { ReadyDocument } from './document';

interface Props {
  document: ReadyDocument;
  onOpen(document: ReadyDocument, variables: Record<string, unknown>): void;
}

/** A ready document: what it is, its form, its result. */
export function DocumentView({ document, onOpen }: Props): ReactNode {
  const { schema, session, askToSignIn } = useConsole();
  if (!schema) {
    return (
      <div className="document">
        <h2>{document.title}</h2>
        <p className="note">この操作を使うにはサインインが必要です。</p>
        {!session.signedIn && (
          <button type="button" onClick={askToSignIn}>
            サインイン
          </button>
        )}
      </div>
    );
  }
  return <Runnable document={document} variables={variablesOf(document, schema)} onOpen={onOpen} />;
}

function Runnable({ document, variables, onOpen }: Props & { variables: Variable[] }): ReactNode {
  const { dryRun } = useConsole();
  const form = useForm(document, variables);
  const writes = document.operation.operation === 'mutation';
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void form.run(writes && dryRun);
  };
  return (
    <div className="document">
      <h2>{document.title}</h2>
      <p className="comment">{document.comment}</p>
      <form onSubmit={submit} noValidate>
        {variables.map((variable) => (
          <Field
            key={variable.name}
            {...variable}
            path={variable.name}
            description={DESCRIPTIONS[variable.name]}
            value={form.values[variable.name]}
            faults={form.faults}
            depth={0}
            onChange={(value) => form.change(variable.name, value)}
          />
        ))}
        <div className="actions">
          <button type="submit" disabled={form.busy}>
            {runLabel(writes, dryRun, form.busy)}
          </button>
          <button type="button" className="quiet" onClick={() => onOpen(document, collect(variables, form.values)[0])}>
            GraphQL で開く
          </button>
        </div>
      </form>
      {form.last && <ResultView document={document} run={form.last} />}
    </div>
  );
}

/** Variables have no description in a document; these names are everywhere the same. */
const DESCRIPTIONS: Record<string, string> = {
  id: '対象',
  input: '内容',
  first: '件数。一度に画面に表示する件数(1〜100)。CSV には全件が入る。',
  fiscalYear: '年度',
  filter: '絞り込み',
};

function runLabel(writes: boolean, dryRun: boolean, busy: boolean): string {
  if (busy) return '実行しています…';
  if (!writes) return '表示する';
  return dryRun ? '試行する(書き込まない)' : '実行する';
}

function useForm(document: ReadyDocument, variables: Variable[]) {
  const { signedOut } = useConsole();
  const [values, setValues] = useState<Record<string, Value>>(() => startOf(document, variables));
  const [faults, setFaults] = useState<Faults>({});
  const [busy, setBusy] = useState(false);
  const [last, setLast] = useState<Run | null>(null);
  // The same content keeps its key, so that pressing the button again after a lost answer does nothing twice.
  const key = useMemo(freshKey, [values]);
  const run = async (dryRun: boolean): Promise<void> => {
    const [given, missing] = collect(variables, values);
    setFaults(missing);
    if (Object.keys(missing).length > 0) return;
    setBusy(true);
    const operation = { query: document.text, operationName: document.operation.name?.value, variables: given };
    const keyed = document.operation.operation === 'mutation' && !dryRun && !isCredential(document);
    const answer = await send(operation, { dryRun, idempotencyKey: keyed ? key : undefined });
    setBusy(false);
    setFaults(Object.fromEntries(answer.problems.flatMap((p) => p.fields.map((f) => [f.path, f.message]))));
    setLast({ answer, variables: given, dryRun });
    if (answer.status === 401) signedOut();
  };
  const change = (name: string, value: Value): void => setValues({ ...values, [name]: value });
  return { values, faults, busy, last, run, change };
}

const CREDENTIAL = /\b(passwordChange|invitationAccept|accountCreate|secondFactorEnrol|secondFactorConfirm|recoveryCodesRenew)\b/;

/** Acts on credentials take no key (README). */
function isCredential(document: ReadyDocument): boolean {
  return CREDENTIAL.test(document.text);
}
