const ERA = new Intl.DateTimeFormat('ja-JP-u-ca-japanese', { era: 'long', year: 'numeric', timeZone: 'UTC' });
const ERA_DATE = new Intl.DateTimeFormat('ja-JP-u-ca-japanese', {
  era: 'long',
  year: 'numeric',
  month: 'long',
  day: 'numeric',
  weekday: 'short',
  timeZone: 'UTC',
});
const MOMENT = new Intl.DateTimeFormat('ja-JP', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'Asia/Tokyo' });

/** 2026-05-20 → 令和8年5月20日(水); nothing for what is not a date. */
export function eraDate(date: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return '';
  const day = new Date(`${date}T00:00:00Z`);
  return Number.isNaN(day.getTime()) ? '' : ERA_DATE.format(day);
}

/** 2026 → 令和8年度: a fiscal year is named by the first of April it begins with. */
export function eraFiscalYear(year: number): string {
  if (!Number.isInteger(year) || year < 1900 || year > 2999) return '';
  return `${ERA.format(new Date(Date.UTC(year, 3, 1)))}度`;
}

/** A moment as a clock in Japan shows it. */
export function japaneseTime(moment: string): string {
  const at = new Date(moment);
  return Number.isNaN(at.getTime()) ? moment : MOMENT.format(at);
}

/** The fiscal year of today in Japan. */
export function currentFiscalYear(now: Date): number {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Tokyo', dateStyle: 'short' }).format(now).split('-');
  return Number(parts[0]) - (Number(parts[1]) < 4 ? 1 : 0);
}
