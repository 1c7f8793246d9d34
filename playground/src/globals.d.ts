/** Where the workers of the editor are, by what they do; the build names them. */
declare const WORKERS: Record<'editor' | 'json' | 'graphql', string>;
declare module '*.css';
