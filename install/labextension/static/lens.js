/* lens.js - the Logolens language for CodeMirror 6: colours, folding, comments, indentation.
 *
 * `next` reads one token. It knows nothing of CodeMirror and is the same machine as that of pygments_lexer.py in
 * install/wheel/logolens, to which a test holds it. It follows the program's own rules (two lexer modes, then words to
 * roles by the tables) but for one thing: it cannot know which objects exist, so the word behind a verb is an option
 * wherever it may be one. */

const UNIT = 2; /* blanks, as in the manual, and as the program indents what is not complete */

const NUMBER = (() => {
  const n = '[+-]?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?%?';
  const forms = [
    n, `${n}\\.\\.${n}`, '\\d+(?:x\\d+)+', 'x\\d+', '\\d+(?:/\\d+)+', '\\d{4}-\\d\\d-\\d\\d', '\\d+(?:\\.\\d+)?[smhd]'
  ];
  return new RegExp(`^(?:${forms.join('|')})$`);
})();
const PLACE = /[a-z]+:\/\/(?:(?!\\\s*$)\S)+/y; /* data/x, but with a scheme: up to the next blank */
const WORD = /[^\s{}()[\],;="'#$<>!\\][^\s{}()[\],;="'<>!\\]*/y;
const STRING = /"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?/y;
const VARIABLE = /\$[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*/y;
const FILLED = /\$\{[^}"]*\}|\$[A-Za-z_]\w*/g;
const REFERENCE = /[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*/y;
const FIELDS = /(?:\.[\w\u0080-\uffff]+)+/y;
const AMOUNT = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?%?/y;
const PART = /^([^.]+)\.(?:train|val|test)(?:\.|$)/;

function match(pattern, line, at) {
  pattern.lastIndex = at;
  const found = pattern.exec(line);
  return found && found.index === at ? found[0] : '';
}

/* Lists become sets, other spellings of a layer the layer itself. */
export function prepare(words) {
  const set = text => new Set((text || '').split(' ').filter(Boolean));
  const entry = row => ({
    takes: set(row.takes), flags: set(row.flags), values: set(row.values),
    isNew: !!row.new, where: !!row.where, block: !!row.block
  });
  const commands = new Map(), layers = new Map();
  for (const [name, row] of Object.entries(words.commands)) commands.set(name, entry(row));
  for (const [name, row] of Object.entries(words.layers))
    for (const word of [name, ...set(row.also)]) layers.set(word, entry(row));
  return { commands, layers, prepositions: set(words.prepositions), functions: set(words.functions) };
}

/* stack: open brackets, innermost first: { bracket, layers, indent, line, below }. A state is copied shallowly. */
export function start() {
  return {
    line: 0,
    stack: null,
    fresh: true /* at the beginning of a statement */,
    row: null /* what the tables say of the verb or layer */,
    block: '' /* what braces behind this statement hold: 'layers', 'same', '' */,
    condition: false,
    expect: '' /* 'value', 'name' (a new one), 'field' */,
    rest: 0 /* of a dotted word whose name has been read: where its fields end */,
    inside: 0 /* of a text with variables: where it ends */,
    goes: '' /* ',' or '\\': the line ends with it, and so goes on in the next */,
    indent: 0
  };
}

function begin(state) {
  Object.assign(state, { fresh: true, row: null, block: '', condition: false, expect: '', goes: '' });
}

/* Before the first token of a line. */
export function newLine(state, indent) {
  state.line++;
  state.rest = state.inside = 0;
  const bracket = state.stack && state.stack.bracket;
  if (!state.goes && bracket !== '(' && bracket !== '[') begin(state);
  if (state.fresh) state.indent = indent;
  if (state.goes === '\\') state.goes = ''; /* joins one line; a comma also what stands below blank lines */
}

function open(state, bracket, indent) {
  const above = state.stack;
  const same = state.block === 'same' && !!above && above.layers;
  const layers = bracket === '{' && (state.block === 'layers' || same);
  if (above && above.line === state.line) indent = above.indent + UNIT; /* the second one of its line */
  state.stack = { bracket, layers, indent, line: state.line, below: above };
  if (bracket === '{') begin(state);
  else afterValue(state);
}

function close(state, bracket) {
  const fits = state.stack && state.stack.bracket + bracket;
  if (fits !== '()' && fits !== '[]' && fits !== '{}') return 'error';
  state.stack = state.stack.below;
  if (bracket === '}') begin(state);
  return 'bracket';
}

function firstWord(state, word, words) {
  state.fresh = false;
  const layer = state.stack && state.stack.layers && words.layers.get(word);
  if (word === 'let' || word === 'for') {
    state.expect = 'name';
    state.block = word === 'for' ? 'same' : '';
    return 'word';
  }
  if (word === 'check' && !layer) {
    state.condition = true;
    state.expect = 'field';
    return 'word';
  }
  state.row = layer || words.commands.get(word) || null;
  if (!state.row) return 'plain';
  state.block = state.row.block ? 'layers' : '';
  state.expect = state.row.isNew ? 'name' : '';
  return layer ? 'layer' : 'verb';
}

function valueKind(state, text, word) {
  if (NUMBER.test(text)) return 'number';
  return state.row && state.row.values.has(word) ? 'value' : 'plain';
}

/* `and`, `or`, … of a condition; '' where the word belongs to what follows the condition. */
function conditionWord(state, text, word) {
  if (state.expect === 'field') {
    if (word === 'not') return 'word';
    state.expect = '';
    return NUMBER.test(text) ? 'number' : 'field';
  }
  if (word === 'and' || word === 'or') state.expect = 'field';
  else if (word === 'in' || word === 'contains') state.expect = 'value';
  else if (word !== 'not') return '';
  return 'word';
}

function laterWord(state, text, word, words) {
  const row = state.row, expect = state.expect;
  if (expect === 'name') {
    state.expect = '';
    return words.prepositions.has(word) ? 'word' : 'name';
  }
  if (expect === 'value') {
    state.expect = '';
    return valueKind(state, text, word);
  }
  const inside = state.condition && conditionWord(state, text, word);
  if (inside) return inside;
  if (word === 'where' && (!row || row.where)) {
    state.condition = true;
    state.expect = 'field';
    return 'word';
  }
  state.condition = false;
  if (state.block === 'same' && word === 'in') {
    state.expect = 'value';
    return 'word';
  }
  if (!row) return valueKind(state, text, word);
  if (word === 'no') return 'word';
  if (row.takes.has(word)) {
    state.expect = word === 'as' || word === 'into' ? 'name' : 'value';
    return words.prepositions.has(word) ? 'word' : 'option';
  }
  return row.flags.has(word) ? 'option' : valueKind(state, text, word);
}

function readWord(line, at, state, words) {
  const text = match(PLACE, line, at) || match(WORD, line, at);
  if (!text) return null;
  const bracket = state.stack && state.stack.bracket;
  const word = text.toLowerCase();
  if (bracket === '[') return { kind: NUMBER.test(text) ? 'number' : 'plain', end: at + text.length };
  const kind = state.fresh ? firstWord(state, word, words) : laterWord(state, text, word, words);
  let end = at + text.length;
  const part = kind === 'plain' && PART.exec(text);
  const dot = kind === 'field' ? text.indexOf('.') : part ? part[1].length : -1;
  if (dot > 0) {
    state.rest = end;
    end = at + dot;
  }
  return { kind: kind === 'field' ? 'plain' : kind, end };
}

/* Inside round brackets: arithmetic. */
function readSum(line, at, state, words) {
  let text = match(AMOUNT, line, at);
  if (text) return { kind: 'number', end: at + text.length };
  text = match(REFERENCE, line, at);
  if (text) {
    const end = at + text.length;
    if (words.functions.has(text.toLowerCase()) && line[end] === '(') return { kind: 'function', end };
    const fields = match(FIELDS, line, end);
    if (fields) state.rest = end + fields.length;
    return { kind: 'plain', end };
  }
  return '+-*/^'.includes(line[at]) ? { kind: 'operator', end: at + 1 } : null;
}

/* A text in "…" whose variables are filled in comes in pieces. */
function readText(line, at, state) {
  const end = state.inside || at + match(STRING, line, at).length;
  const first = !state.inside;
  state.inside = 0;
  if (first && line[at] === "'") return { kind: 'text', end };
  FILLED.lastIndex = at;
  for (let found; (found = FILLED.exec(line)) && found.index < end; ) {
    if (line[found.index - 1] === '\\') continue;
    state.inside = end;
    return found.index > at ? { kind: 'text', end: found.index } : { kind: 'filled', end: at + found[0].length };
  }
  return { kind: 'text', end };
}

function afterValue(state) {
  state.fresh = false;
  state.expect = '';
}

function readComment(line, at) {
  if (at === 0 || /[\s;{([,]/.test(line[at - 1])) return { kind: 'comment', end: line.length };
  return { kind: 'error', end: at + match(/\S+/y, line, at).length };
}

function readSign(line, at, state) {
  const c = line[at], two = line.slice(at, at + 2);
  if (c === ',') {
    if (state.expect !== 'name') state.expect = 'value';
    return { kind: 'separator', end: at + 1, goes: ',' };
  }
  if (c === ';') {
    if (!state.stack || state.stack.bracket === '{') begin(state);
    return { kind: 'separator', end: at + 1 };
  }
  if (c === '\\') {
    const last = !line.slice(at + 1).trim();
    return { kind: last ? 'separator' : 'error', end: at + 1, goes: last ? c : '' };
  }
  if ('=<>'.includes(c) || two === '!=') {
    state.expect = 'value';
    return { kind: 'operator', end: at + (/^(==|[<>!]=)$/.test(two) ? 2 : 1) };
  }
  return { kind: 'error', end: at + 1 };
}

/* Is there no token before the next blank? Inside a text blanks are part of it. */
function skips(line, at, state) {
  return state.inside <= at && /\s/.test(line[at]);
}

/* The token at `at` of a line, where no blank may be skipped: { kind, end }. The state goes with it. */
export function next(line, at, state, words) {
  if (state.rest > at) {
    const end = state.rest;
    state.rest = 0;
    return { kind: 'part', end };
  }
  if (state.inside > at) return readText(line, at, state);
  const c = line[at];
  if (c === '#') return readComment(line, at);
  state.goes = '';
  if (c === '"' || c === "'") {
    afterValue(state);
    return readText(line, at, state);
  }
  if ('([{'.includes(c)) {
    open(state, c, line.search(/\S/));
    return { kind: 'bracket', end: at + 1 };
  }
  if (')]}'.includes(c)) return { kind: close(state, c), end: at + 1 };
  if (c === '$') {
    afterValue(state);
    const text = match(VARIABLE, line, at);
    return { kind: text ? 'variable' : 'error', end: at + (text.length || 1) };
  }
  const sum = state.stack && state.stack.bracket === '(';
  const token = (sum ? readSum(line, at, state, words) : readWord(line, at, state, words)) || readSign(line, at, state);
  state.goes = token.goes || '';
  return token;
}

/* ---- for tests ---- */
function read(text, words, found) {
  const state = start();
  for (const line of text.split('\n')) {
    newLine(state, Math.max(line.search(/\S/), 0));
    for (let at = 0; at < line.length; ) {
      if (skips(line, at, state)) {
        at++;
        continue;
      }
      const token = next(line, at, state, words);
      found.push([token.kind, line.slice(at, token.end)]);
      at = token.end;
    }
  }
  return state;
}

/* All tokens of a text as [kind, text]. */
export function tokens(text, words) {
  const found = [];
  read(text, words, found);
  return found;
}

/* Blanks before the line behind a text. */
export const indented = (text, words) => indentation(read(text, words, []), '');

/* ---- editing ---- */
/* Blanks before a line that begins with textAfter, the lines above having left `state`: two for each bracket that is
 * open, and two where a line goes on. */
export function indentation(state, textAfter) {
  let inner = state.stack, closes = null;
  for (const c of (/^\s*([)\]}][\s)\]}]*)/.exec(textAfter) || ['', ''])[1].replace(/\s/g, '')) {
    if (!inner) break;
    closes = inner;
    inner = inner.below;
  }
  if (closes) return closes.indent;
  const base = inner ? inner.indent + UNIT : 0;
  if (!state.goes || (inner && inner.bracket !== '{')) return base;
  return Math.max(base, state.indent) + UNIT;
}

/* From behind the bracket that is opened last on the first line of text, and closed below it, to where it is closed; or
 * null. Texts and comments end with their line, so reading can begin at any line. */
const SKIMMED = new RegExp(`${PLACE.source}|${STRING.source}|#[^\\n]*|[{}()[\\]]|${WORD.source}`, 'gm');
export function folded(text, lineEnd) {
  const opened = [];
  let wanted = 0; /* brackets open at the end of the line */
  SKIMMED.lastIndex = 0;
  for (let found; (found = SKIMMED.exec(text)); ) {
    const at = found.index, c = found[0];
    if (at >= lineEnd && !wanted) {
      wanted = opened.length;
      if (!wanted) return null;
    }
    if (/^[([{]$/.test(c)) opened.push(at + 1);
    else if (/^[)\]}]$/.test(c)) {
      if (wanted && opened.length === wanted) return { from: opened[wanted - 1], to: at };
      opened.pop();
    }
  }
  return null;
}

const STYLE = {
  verb: 'keyword', word: 'keyword', layer: 'variableName.standard', function: 'variableName.standard',
  option: 'attributeName', value: 'atom', name: 'variableName.definition', plain: 'variableName', part: 'propertyName',
  number: 'number', text: 'string', filled: 'string.special', variable: 'variableName.special', operator: 'operator',
  bracket: 'bracket', separator: 'punctuation', comment: 'comment', error: 'invalid'
};
const FOLD_WITHIN = 200000; /* characters below a line in which its bracket may be closed */

/* language, state: CodeMirror's modules of these names. list: the words of words.js. */
export function support(language, { Prec }, list) {
  const words = prepare(list);
  const lens = language.StreamLanguage.define({
    name: 'logolens',
    startState: start,
    copyState: state => ({ ...state }),
    blankLine: state => newLine(state, 0),
    token(stream, state) {
      if (stream.sol()) newLine(state, stream.indentation());
      if (skips(stream.string, stream.pos, state)) {
        stream.eatSpace();
        return null;
      }
      const { kind, end } = next(stream.string, stream.pos, state, words);
      stream.pos = end;
      return STYLE[kind];
    },
    indent: (state, textAfter) => indentation(state, textAfter),
    languageData: {
      commentTokens: { line: '#' },
      closeBrackets: { brackets: ['(', '[', '{', '"', "'"] },
      indentOnInput: /^\s*[)\]}]$/
    }
  });
  const fold = (state, from, to) => {
    const range = folded(state.sliceDoc(from, Math.min(state.doc.length, to + FOLD_WITHIN)), to - from);
    return range && { from: from + range.from, to: from + range.to };
  };
  return new language.LanguageSupport(lens, [
    language.foldService.of(fold),
    Prec.high(language.indentUnit.of(' '.repeat(UNIT)))
  ]);
}
