import { type ReactNode, useRef, useState } from 'react';
import { useConsole } from '../console';
import type { ReadyDocument } from '../documents/document';
import type { Problem } from '../server/problem';
import { csv, download } from './csv';
import { type Progress, allRows, pagedDocument, withoutPaging } from './pages';
import { Problems } from './problems';
import type { Table } from './tables';

interface Props {
  document: ReadyDocument;
  table: Table;
  variables: Record<string, unknown>;
}

/** Downloads a table; of a connection, all pages of it. */
export function CsvButton({ document, table, variables }: Props): ReactNode {
  const { schema } = useConsole();
  const [progress, setProgress] = useState<Progress | null>(null);
  const [problems, setProblems] = useState<Problem[]>([]);
  const stop = useRef<AbortController>(null);
  const start = async (): Promise<void> => {
    if (!schema) return;
    setProblems([]);
    const rows = await collect();
    if (rows) download(fileName(table), csv(schema, table.columns, rows));
  };
  const collect = async (): Promise<unknown[] | null> => {
    if (!table.paged || document.operation.operation !== 'query') return table.rows;
    stop.current = new AbortController();
    setProgress({ read: 0, total: table.total });
    const query = pagedDocument(document.ast, document.operation, table.path);
    const operation = { query, operationName: document.operation.name?.value, variables: withoutPaging(variables, query) };
    const read = await allRows(operation, table.path, setProgress, stop.current.signal).catch(() => null);
    setProgress(null);
    if (read && 'problems' in read) setProblems(read.problems);
    return read && 'rows' in read ? read.rows : null;
  };
  if (progress) return <Running progress={progress} onStop={() => stop.current?.abort()} />;
  return (
    <>
      <button type="button" className="quiet" onClick={() => void start()}>
        {table.paged ? 'CSV(全件)' : 'CSV'}
      </button>
      <Problems problems={problems} />
    </>
  );
}

function Running({ progress, onStop }: { progress: Progress; onStop(): void }): ReactNode {
  const { read, total } = progress;
  return (
    <span className="running" role="status">
      <progress max={total ?? undefined} value={total === null ? undefined : read} />
      {total === null ? `${read}件` : `${read} / ${total}件`}
      <button type="button" className="quiet" onClick={onStop}>
        中止
      </button>
    </span>
  );
}

/** 交付申請の一覧_20260520.csv */
function fileName(table: Table): string {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Tokyo', dateStyle: 'short' }).format(new Date());
  return `${table.title.replace(/[\\/:*?"<>|\s]/g, '_')}_${day.replaceAll('-', '')}.csv`;
}
