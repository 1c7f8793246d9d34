// The texts of an Excel book's first sheet, row by row: as much of ZIP and OOXML as that needs.
import { inflateRawSync } from 'node:zlib';

export function readXlsx(bytes) {
  const sheet = entry(bytes, 'xl/worksheets/sheet1.xml').toString('utf8');
  return [...sheet.matchAll(/<row [^>]*>(.*?)<\/row>/gs)].map(([, row]) => cells(row));
}

function cells(row) {
  const found = [];
  for (const [, column, cell] of row.matchAll(/<c r="([A-Z]+)\d+"[^>]*>(.*?)<\/c>/gs)) {
    const text = /<(?:t|v)[^>]*>(.*?)<\/(?:t|v)>/s.exec(cell)?.[1] ?? '';
    found[place(column)] = text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name) => SAID[name]);
  }
  return found;
}

const SAID = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

const place = (column) => [...column].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;

/** One file of the archive, found by the directory at its end. */
function entry(bytes, name) {
  const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    if (bytes.toString('utf8', at + 46, at + 46 + nameLength) === name) {
      const local = bytes.readUInt32LE(at + 42);
      const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
      const packed = bytes.subarray(from, from + bytes.readUInt32LE(at + 20));
      return bytes.readUInt16LE(at + 10) === 0 ? packed : inflateRawSync(packed);
    }
    at += 46 + nameLength + extra + comment;
  }
  throw new Error(`the book has no ${name}`);
}
