import { type ReactNode, useEffect, useState } from 'react';
import { type Choice, type Lookup, choices } from './lookup';

interface Props {
  id: string;
  value: string;
  lookup: Lookup;
  onChange(value: string): void;
}

/** An id, chosen from a list that can be searched, or written by hand. */
export function IdField({ id, value, lookup, onChange }: Props): ReactNode {
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState<Choice | null>(null);
  const pick = (choice: Choice): void => {
    setChosen(choice);
    onChange(choice.id);
    setOpen(false);
  };
  return (
    <div className="id-field">
      <div className="id-line">
        <input id={id} value={value} placeholder="一覧から選ぶか、ID を入力" onChange={(e) => onChange(e.target.value)} />
        <button type="button" className="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? '閉じる' : '一覧から選ぶ'}
        </button>
      </div>
      {chosen && chosen.id === value && <p className="beside">{chosen.text}</p>}
      {open && <Choices lookup={lookup} onPick={pick} />}
    </div>
  );
}

function Choices({ lookup, onPick }: { lookup: Lookup; onPick(choice: Choice): void }): ReactNode {
  const [words, setWords] = useState('');
  const { found, next, note, more } = useChoices(lookup);
  const fitting = found.filter((choice) => fits(choice, words));
  return (
    <div className="choices">
      <input
        type="search"
        autoFocus
        value={words}
        aria-label="一覧の中を探す"
        placeholder="名前などの一部で探す"
        onChange={(e) => setWords(e.target.value)}
      />
      <ul>
        {fitting.map((choice) => (
          <li key={choice.id}>
            <button type="button" onClick={() => onPick(choice)}>
              {choice.text}
            </button>
          </li>
        ))}
      </ul>
      <p className="beside">{note ?? `${fitting.length}件`}</p>
      {next && (
        <button type="button" className="quiet" onClick={more}>
          続きを読む
        </button>
      )}
    </div>
  );
}

function fits(choice: Choice, words: string): boolean {
  const text = `${choice.text} ${choice.id}`.normalize('NFKC').toLowerCase();
  return words.normalize('NFKC').toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function useChoices(lookup: Lookup) {
  const [found, setFound] = useState<Choice[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [note, setNote] = useState<string | null>('読み込んでいます…');
  const read = async (after: string | null, known: Choice[]): Promise<void> => {
    const page = await choices(lookup, after);
    setFound([...known, ...page.found]);
    setNext(page.next);
    setNote(page.problem?.message ?? null);
  };
  useEffect(() => {
    void read(null, []);
  }, [lookup.field]);
  return { found, next, note, more: () => void read(next, found) };
}
