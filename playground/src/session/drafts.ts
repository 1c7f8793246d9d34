/** Whose work it is that nobody signed in has written. */
export const PUBLIC = 'public';

const PREFIX = 'entaku-draft:';

/** Who writes now: an editor that is going away still writes for a moment. */
let writer = PUBLIC;

/** What somebody writes in the editor: kept in this tab only, and for nobody else who signs in at the same terminal. */
export function draftsOf(owner: string): Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'clear' | 'length'> {
  const kept = window.sessionStorage;
  const own = `${PREFIX}${owner}:`;
  return {
    getItem: (name) => kept.getItem(own + name),
    setItem: (name, text) => {
      if (owner === writer) kept.setItem(own + name, text);
    },
    removeItem: (name) => kept.removeItem(own + name),
    clear: () => namesOf(own).forEach((name) => kept.removeItem(name)),
    get length() {
      return namesOf(own).length;
    },
  };
}

/** Somebody has signed in: what others wrote goes; what was written before signing in is theirs. */
export function takeOver(owner: string): void {
  writer = owner;
  if (owner === PUBLIC) return;
  const kept = window.sessionStorage;
  const [own, open] = [`${PREFIX}${owner}:`, `${PREFIX}${PUBLIC}:`];
  for (const name of namesOf(PREFIX)) {
    const text = kept.getItem(name);
    const theirs = own + name.slice(open.length);
    if (name.startsWith(open) && text !== null && kept.getItem(theirs) === null) kept.setItem(theirs, text);
    if (!name.startsWith(own)) kept.removeItem(name);
  }
}

function namesOf(start: string): string[] {
  return Object.keys(window.sessionStorage).filter((name) => name.startsWith(start));
}
