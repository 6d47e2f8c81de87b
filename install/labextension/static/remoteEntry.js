/* remoteEntry.js - the door by which JupyterLab finds the Logolens language.
 *
 * JupyterLab loads this file, hands its shared modules to `init` and asks for './extension'. CodeMirror is never a copy
 * of our own: what comes from the share scope is what JupyterLab itself uses, so that both mean the same editor. There
 * is nothing to build; lens.js and words.js stand beside this file. */
(() => {
  const here = document.currentScript.src;
  let shared = null;

  /* The one version JupyterLab uses of a module: the one that is loaded, else the newest. */
  async function take(name) {
    const versions = shared && shared[name];
    if (!versions) throw new Error(`Logolens needs JupyterLab 4 or newer: ${name} is not shared here`);
    const newest = (a, b) => a.localeCompare(b, undefined, { numeric: true }) < 0;
    const key = Object.keys(versions).reduce((best, version) =>
      !versions[best].loaded && (versions[version].loaded || newest(best, version)) ? version : best);
    return (await versions[key].get())();
  }

  /* What stands beside this file, of the same version: `?v=` is part of this file's address. */
  const beside = file => import(new URL(file + new URL(here).search, here).href);

  const load = async () => {
    const [language, state, lens, words] = await Promise.all([
      take('@codemirror/language'), take('@codemirror/state'), beside('lens.js'), beside('words.js')
    ]);
    return lens.support(language, state, words.default);
  };

  const extension = async () => {
    const { IEditorLanguageRegistry } = await take('@jupyterlab/codemirror');
    return {
      id: 'logolens:language',
      description: 'Colours, folding, comments and indentation of the Logolens language.',
      autoStart: true,
      requires: [IEditorLanguageRegistry],
      activate: (app, languages) =>
        languages.addLanguage({
          name: 'logolens',
          displayName: 'Logolens',
          alias: ['lens'],
          mime: 'text/x-logolens',
          extensions: ['lens'],
          load
        })
    };
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB.logolens = {
    init: scope => {
      shared = scope;
    },
    get: async module => {
      if (module !== './extension') throw new Error(`Logolens has no module ${module}`);
      const plugin = await extension();
      return () => plugin;
    }
  };
})();
