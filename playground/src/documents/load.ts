import { type ReadyDocument, type Source, readyDocuments } from './document';

/** The ready documents of this server. */
export async function loadDocuments(): Promise<ReadyDocument[]> {
  const response = await fetch('/playground/documents.json', { credentials: 'same-origin' });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return readyDocuments((await response.json()) as Source[]);
}
