/** The first sentence of a description, without its full stop, as a label. */
export function label(description: string | null | undefined, otherwise: string): string {
  const sentence = description?.split(/。|\n/)[0]?.trim();
  return sentence || otherwise;
}

/** What a description says beyond its first sentence. */
export function remark(description: string | null | undefined): string {
  const text = description?.trim() ?? '';
  const end = text.indexOf('。');
  return end < 0 ? '' : text.slice(end + 1).trim();
}
