// CSV as RFC 4180 has it.
export function parseCsv(text) {
  const rows = [[]];
  const cells = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/gy;
  while (cells.lastIndex < text.length) {
    const cell = cells.exec(text);
    if (!cell) throw new Error(`not CSV at ${cells.lastIndex}`);
    rows.at(-1).push(cell[1]?.replaceAll('""', '"') ?? cell[2] ?? '');
    if (cell[3] === '\r\n') rows.push([]);
    if (cell[3] === '') break;
  }
  return rows.filter((row) => row.length > 0);
}
