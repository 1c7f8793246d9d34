import { type ReactNode, useState } from 'react';
import { useConsole } from '../console';
import { roleName } from '../japanese/roles';
import { type ReadyDocument, REPORTS } from './document';

interface Props {
  documents: ReadyDocument[];
  chosen: string | null;
  onChoose(name: string | null): void;
}

const ORDER = [REPORTS, '交付金', '地域円卓会議', 'チャレンジ事業', '地域担当職員', '総合戦略', '地区と地域組織', '利用者と設定'];

/** 帳票・手続き: the ready documents by what they are about, those of one's own roles first of all. */
export function DocumentList({ documents, chosen, onChoose }: Props): ReactNode {
  const { viewer } = useConsole();
  const [words, setWords] = useState('');
  const [all, setAll] = useState(false);
  const mine = documents.filter((d) => all || !viewer || suits(d, viewer.roles)).filter((d) => mentions(d, words));
  return (
    <nav aria-label="帳票・手続き">
      <button type="button" className="entry editor-entry" aria-current={chosen === null} onClick={() => onChoose(null)}>
        GraphQL エディター
      </button>
      <h2>帳票・手続き</h2>
      <input type="search" value={words} placeholder="名前や役割で探す" aria-label="帳票・手続きを探す" onChange={(e) => setWords(e.target.value)} />
      {viewer && (
        <label className="toggle">
          <input type="checkbox" checked={all} onChange={(e) => setAll(e.target.checked)} />
          ほかの役割のものも表示
        </label>
      )}
      {ORDER.map((group) => (
        <Group key={group} name={group} documents={mine.filter((d) => d.group === group)} chosen={chosen} onChoose={onChoose} />
      ))}
      {mine.length === 0 && <p className="empty">見つかりません。</p>}
    </nav>
  );
}

function Group({ name, documents, chosen, onChoose }: Props & { name: string }): ReactNode {
  const { schema } = useConsole();
  if (documents.length === 0) return null;
  return (
    <details open>
      <summary>{name}</summary>
      <ul>
        {documents.map((document) => (
          <li key={document.name}>
            <button type="button" className="entry" aria-current={chosen === document.name} onClick={() => onChoose(document.name)}>
              <span>
                {document.operation.operation === 'mutation' && <i className="writes">書込</i>}
                {document.title}
              </span>
              {document.roles.length > 0 && <small>{document.roles.map((word) => roleName(schema, word)).join('・')}</small>}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

function suits(document: ReadyDocument, roles: string[]): boolean {
  return document.roles.length === 0 || document.roles.some((role) => roles.includes(role));
}

function mentions(document: ReadyDocument, words: string): boolean {
  const text = `${document.title} ${document.comment} ${document.roles.join(' ')} ${document.name}`.normalize('NFKC').toLowerCase();
  return words.normalize('NFKC').toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
