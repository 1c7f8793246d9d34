/** The editor does its checking in workers, which come from this host like everything else. */
const environment: { getWorker(id: string, label: string): Worker } = {
  getWorker(_id, label) {
    const name = label === 'json' || label === 'graphql' ? label : 'editor';
    return new Worker(WORKERS[name]);
  },
};

Object.assign(globalThis, { MonacoEnvironment: environment });
