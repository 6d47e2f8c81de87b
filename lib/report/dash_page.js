'use strict';
/* What readers without script have is in the page; this filters it, draws the chart again, opens people's photos and
   saves what is shown. Counts and sentences are made as the program makes them (lib/report/dash_count.c). */
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const $ = id => document.getElementById(id);
  const posts = data.posts, people = data.people, PAGE = 60;
  const PLATFORM = 0, DAY = 1, AUTHOR = 2, LIKES = 3, REPOSTS = 4, REPLIES = 5, ID = 6, SHOTS = 7;
  const cards = posts.map((p, i) => $('p' + i)), rows = people.map((p, i) => $('r' + i));
  const first = new Map(),
        state = {brand: '', platform: '', since: null, until: null, least: data.least, order: 'new', page: 1};
  let passing = posts.map((p, i) => i);

  /* ---- words ---- */
  const count = n => String(n).replace(/\B(?=(\d{3})+$)/g, ',');
  const half = x => Math.floor(x + .5);
  const percent = (part, whole) => whole ? half(100 * part / whole) : 0;
  const day = n => {
    const d = new Date(n * 864e5);
    return d.getUTCDate() + ' ' +
        'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')[d.getUTCMonth()] + ' ' + d.getUTCFullYear();
  };
  const iso = n => n === null ? '' : new Date(n * 864e5).toISOString().slice(0, 10);
  const dayOf = text => text ? Math.floor(Date.parse(text + 'T00:00:00Z') / 864e5) : null;
  const joined = list =>
      list.length < 2 ? list.join('') : list.slice(0, -1).join(', ') + ' and ' + list[list.length - 1];
  const many = (n, word) => count(n) + ' ' + word + (n === 1 ? '' : 's');
  const active = () => state.brand !== '' || state.platform !== '' || state.since !== null || state.until !== null ||
      state.least > data.least;

  /* ---- filters ---- */
  const sure = shot => !shot[2] && (state.least <= data.least || shot[1] >= 10 * state.least);
  const shows = (post, label) => post[SHOTS].some(s => s[0] === label && sure(s));
  const hit = shot => sure(shot) && (state.brand === '' || shot[0] === +state.brand);
  function passes(post) {
    if (state.platform !== '' && post[PLATFORM] !== +state.platform) return false;
    if ((state.since !== null || state.until !== null) && post[DAY] === null) return false;
    if (state.since !== null && post[DAY] < state.since) return false;
    if (state.until !== null && post[DAY] > state.until) return false;
    if (!data.labelled) return true;
    if (state.brand === '-1') return !post[SHOTS].some(sure);
    if (state.brand === '' && state.least <= data.least) return true;
    return post[SHOTS].some(hit);
  }

  /* ---- the first sentence ---- */
  function brands(list) {
    const all = data.labels.map((name, label) => ({name, label, posts: 0}));
    let none = 0, unsure = 0;
    for (const i of list) {
      let any = false, brand = false;
      for (const b of all)
        if (shows(posts[i], b.label)) {
          b.posts++;
          any = true;
          brand = brand || !data.rest[b.label];
        }
      if (!any)
        unsure++;
      else if (!brand)
        none++;
    }
    const best = all.filter(b => b.posts && !data.rest[b.label])
                     .sort((a, b) => b.posts - a.posts || a.label - b.label)
                     .slice(0, 6);
    return {best, none, unsure};
  }
  function sentence(list) {
    const shots = list.reduce((n, i) => n + posts[i][SHOTS].length, 0);
    const from = data.origins.filter((name, k) => list.some(i => posts[i][PLATFORM] === k));
    const days = list.map(i => posts[i][DAY]).filter(d => d !== null);
    let text = (active() ? count(list.length) + ' of ' : '') + many(posts.length, 'post') + ' with ' +
        many(shots, 'picture');
    if (from.length) text += ' from ' + joined(from);
    if (days.length) {
      const low = days.reduce((a, b) => Math.min(a, b)), high = days.reduce((a, b) => Math.max(a, b));
      text += ', ' + day(low) + (high > low ? ' to ' + day(high) : '');
    }
    text += '. ';
    if (!data.labelled || !list.length) return text;
    const b = brands(list);
    text += b.best.length ?
        joined(b.best.map(
            (x, k) => `${x.name}${k ? '' : ' is'} on ${count(x.posts)} (${percent(x.posts, list.length)}%)`)) :
        'No post shows one of the brands';
    if (b.none) text += `; ${count(b.none)} show${b.none === 1 ? 's' : ''} none of the brands`;
    if (b.unsure)
      text += `${b.none ? ', and' : ';'} ${count(b.unsure)} ${b.unsure === 1 ? 'is' : 'are'} too unclear to say`;
    return text + '.';
  }

  /* ---- over time ---- */
  const week = d => Math.floor((d + 3) / 7), unit = data.daily ? 'day' : 'week';
  const low95 = k => k ? k * Math.pow(1 - 1 / (9 * k) - 1.96 / (3 * Math.sqrt(k)), 3) : 0;
  const high95 = k => (k + 1) * Math.pow(1 - 1 / (9 * (k + 1)) + 1.96 / (3 * Math.sqrt(k + 1)), 3);
  function wilson(k, n) {
    const z = 1.959963984540054, p = k / n, mid = p + z * z / (2 * n),
          wide = z * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)), all = 1 + z * z / n;
    return [(mid - wide) / all, (mid + wide) / all];
  }
  function timeLines(list) {
    const column = d => data.daily ? d - data.first : Math.floor((week(d) - week(data.first)) / data.step);
    const at = d => Math.max(0, Math.min(data.periods - 1, column(d)));
    const from = state.since === null ? 0 : at(state.since),
          to = state.until === null ? data.periods - 1 : at(state.until);
    const chosen = state.brand !== '' && state.brand !== '-1' && data.lines.includes(+state.brand);
    let lines;
    if (chosen)
      lines = [+state.brand].map(label => ({label, color: data.lines.indexOf(label), name: data.labels[label]}));
    else if (state.brand !== '')
      lines = [{label: -1, color: 0, name: state.brand === '-1' ? 'unsure' : data.labels[+state.brand]}];
    else
      lines = data.lines.map((label, color) => ({label, color, name: label < 0 ? 'all posts' : data.labels[label]}));
    for (const line of lines) {
      line.week = new Array(Math.max(0, to - from + 1)).fill(0);
      for (const i of list)
        if (posts[i][DAY] !== null && (line.label < 0 || shows(posts[i], line.label)))
          line.week[at(posts[i][DAY]) - from]++;
    }
    lines = lines.filter(l => l.week.some(n => n));
    return {
      lines,
      periods: Math.max(0, to - from + 1),
      cutFirst: from === 0,
      cutLast: to === data.periods - 1,
      dayOf: i => data.daily ? data.first + from + i : (week(data.first) + (from + i) * data.step) * 7 - 3
    };
  }
  function trend(t) {
    if (!t.lines.length || !t.periods) return active() ? 'No post to draw passes these filters. ' : 'There is no post to draw. ';
    if (t.periods < 2) return `All posts are of one ${unit}: there is no trend to tell. `;
    const left = t.periods - t.cutFirst - t.cutLast, whole = left < 2, begin = whole ? 0 : +t.cutFirst,
          columns = whole ? t.periods : left, one = Math.floor(columns / 2), two = columns - one,
          tenth = x => (Math.floor(10 * x + .5) / 10).toFixed(1);
    return t.lines.slice()
        .map(l => ({...l, week: l.week.slice(begin, begin + columns)}))
        .map((l, k) => ({...l, k, sum: l.week.reduce((a, b) => a + b, 0)}))
        .slice(0, 3)
        .filter(l => l.sum)
        .map(l => {
          const before = l.week.slice(0, one).reduce((a, b) => a + b, 0), after = l.sum - before,
                range = wilson(after, l.sum), expected = two / columns;
          const rose = range[0] > expected, fell = range[1] < expected;
          return `${l.label < 0 && state.brand === '' ? 'All posts' : l.name} ${
                     rose ? 'rose' :
                         fell ?
                            'fell' :
                            'went'} from ${tenth(before / (one * data.step))} a ${unit} in the first half of the time ` +
              `to ${tenth(after / (two * data.step))} in the second, ${
                     rose || fell ? 'more than chance explains' : 'which may be chance'}. `;
        })
        .join('');
  }
  function draw(t) {
    const box = $('chart'), old = box.firstElementChild, ns = old.namespaceURI;
    const W = Math.max(320, Math.min(1040, Math.round(box.clientWidth) || 860)), H = 300, L = 44,
          R = W < 560 ? 96 : 130, T = 14, B = 34;
    const nameLength = W < 560 ? 8 : 13;
    box.classList.add('live');
    const svg = document.createElementNS(ns, 'svg');
    const add = (tag, attributes, text) => {
      const e = document.createElementNS(ns, tag);
      for (const k in attributes) e.setAttribute(k, attributes[k]);
      if (text !== undefined) e.textContent = text;
      svg.append(e);
    };
    for (const [k, v] of [['viewBox', `0 0 ${W} ${H}`], ['role', 'img'], ['aria-labelledby', 'trend']])
      svg.setAttribute(k, v);
    const most = Math.max(1, ...t.lines.map(l => Math.max(...l.week.map(high95))));
    let power = 1;
    while (power * 10 <= most / 4) power *= 10;
    const step = power *
        (most / 4 > 5 * power     ? 10 :
             most / 4 > 2 * power ? 5 :
             most / 4 > power     ? 2 :
                                    1),
          top = Math.ceil(most / step) * step;
    const x = i => t.periods < 2 ? L + (W - L - R) / 2 : L + (W - L - R) * i / (t.periods - 1),
          y = v => H - B - (H - T - B) * v / top;
    const path = points => 'M' + points.map(p => p[0].toFixed(1) + ' ' + p[1].toFixed(1)).join('L');
    for (let v = 0; v <= top; v += step) {
      add('path', {class: 'rule', d: `M${L} ${y(v).toFixed(1)}H${W - R}`});
      add('text', {x: L - 6, y: y(v) + 4, 'text-anchor': 'end'}, count(v));
    }
    const every = Math.ceil(t.periods / Math.max(2, Math.floor((W - L - R) / 110)));
    for (let i = 0; i < t.periods; i += every)
      add('text', {x: x(i), y: H - 12, 'text-anchor': 'middle'}, day(t.dayOf(i)));
    for (const l of t.lines)
      add('path', {
        class: 'band c' + l.color,
        d: path(l.week.map((n, i) => [x(i), y(high95(n))])
                    .concat(l.week.map((n, i) => [x(i), y(low95(n))]).reverse())) +
            'Z'
      });
    for (const l of t.lines) {
      add('path', {class: 'line c' + l.color, d: path(l.week.map((n, i) => [x(i), y(n)]))});
      if (t.periods <= 40)
        l.week.forEach((n, i) => add('circle', {class: 'dot c' + l.color, cx: x(i), cy: y(n), r: 3}));
    }
    const names = t.lines.map(l => ({l, y: y(l.week[l.week.length - 1])})).sort((a, b) => a.y - b.y);
    names.forEach((n, i) => {
      if (i) n.y = Math.max(n.y, names[i - 1].y + 16);
    });
    for (let i = names.length - 1; i >= 0; i--)
      names[i].y = Math.min(names[i].y, i === names.length - 1 ? H - B : names[i + 1].y - 16);
    for (const n of names) {
      const name = [...n.l.name];
      add('path', {class: 'line c' + n.l.color, d: `M${W - R + 8} ${n.y.toFixed(1)}h20`});
      add('text', {x: W - R + 33, y: n.y + 4},
          name.length > nameLength ? name.slice(0, nameLength - 1).join('') + '…' : n.l.name);
    }
    old.replaceWith(svg);
  }
  function table(t) {
    const body = $('weeks').tBodies[0], head = $('weeks').tHead.rows[0], cell = (tag, scope, text) => {
      const e = document.createElement(tag);
      if (scope) e.scope = scope;
      e.textContent = text;
      return e;
    };
    head.replaceChildren(head.cells[0], ...t.lines.map(l => cell('th', 'col', l.name)));
    body.replaceChildren(...Array.from({length: t.periods}, (_, i) => {
      const tr = document.createElement('tr');
      tr.append(
          cell('th', 'row', day(t.dayOf(i))),
          ...t.lines.map(
              l => cell('td', '', `${l.week[i]} (${half(low95(l.week[i]))} to ${half(high95(l.week[i]))})`)));
      return tr;
    }));
  }
  function showTime() {
    if (!$('trend')) return;
    const t = timeLines(passing), some = t.lines.length > 0 && t.periods > 0;
    $('trend').textContent = trend(t);
    if (!$('chart')) return;
    $('chart').hidden = $('weeks').hidden = !some;
    if (some) {
      draw(t);
      table(t);
    }
  }

  /* ---- people ---- */
  const evidence = (person, pass) => data.anonymous ?
      person.own.filter(p => !active() || (passes(p) && p[SHOTS].some(hit))) :
      person.photos.filter(([p, s]) => !active() || (pass.has(p) && posts[p][SHOTS][s] && hit(posts[p][SHOTS][s])));
  const picture = (p, s) => {
    const all = cards[p].querySelectorAll('.i, .none');
    return all[s] || all[0];
  };
  function remember(element, parts) {
    if (!first.has(element)) first.set(element, parts());
    return first.get(element);
  }
  function showPhotos(row, photos) {
    const cell = row.querySelector('.photos');
    if (!cell) return;
    const own = remember(cell, () => [...cell.childNodes]), button = cell.querySelector('.all');
    if (!active()) return cell.replaceChildren(...own);
    const links = photos.slice(0, 4).map(([p, s]) => {
      const a = document.createElement('a');
      a.href = '#p' + p;
      a.append(picture(p, s).cloneNode(true));
      return a;
    });
    cell.replaceChildren(...links, button);
  }
  function nameButton(row, n) {
    const button = row.querySelector('.all');
    if (button) button.firstChild.textContent = n === 1 ? 'See the photo' : `See ${n} photos`;
  }
  function showPeople() {
    const pass = new Set(passing), bodies = new Map();
    people.forEach((person, i) => {
      const row = rows[i], photos = evidence(person, pass), n = row.querySelector('.n'), body = row.parentNode;
      remember(n, () => n.textContent);
      person.shown = photos;
      person.count = active() ? data.anonymous ? photos.length : new Set(photos.map(e => e[0])).size : +first.get(n);
      n.textContent = count(person.count);
      nameButton(row, photos.length);
      row.hidden = person.count === 0;
      showPhotos(row, photos);
      if (!bodies.has(body)) bodies.set(body, []);
      bodies.get(body).push(i);
    });
    for (const [body, list] of bodies) {
      const most = Math.max(1, ...list.map(i => people[i].count)), order = list.slice();
      if (active()) order.sort((a, b) => people[b].count - people[a].count || a - b);
      let rank = 0;
      for (const i of order) {
        rows[i].querySelector('.bar rect').setAttribute('width', 100 * people[i].count / most);
        if (!rows[i].hidden) rows[i].cells[0].textContent = ++rank;
        body.append(rows[i]);
      }
      body.closest('.wide').hidden = !rank;
    }
    if ($('nobody')) $('nobody').hidden = people.length === 0 || people.some(p => p.count);
    data.lists.forEach((list, k) => {
      const say = $('say' + k), all = people.filter(p => p.list === k && !p.potential),
            left = all.filter(p => p.count);
      remember(say, () => say.textContent);
      if (!active()) {
        say.textContent = first.get(say);
        return;
      }
      const right = left.reduce((sum, p) => sum + (p.right || 0), 0),
            rivals = people.filter(p => p.list === k && p.potential);
      say.textContent = `Of ${many(all.length, 'person').replace('persons', 'people')} who post ${list.brand}, ${
                            left.length ? count(left.length) + (left.length === 1 ? ' has' : ' have') :
                                          'none has'} photos that pass the filters` +
          (left.length && left.every(p => p.right !== null) ? `; about ${half(right)} of them really do post it.` :
                                                              '.') +
          (rivals.length ? ` Of ${count(rivals.length)} who post a rival's only, ${
                               rivals.some(p => p.count) ? count(rivals.filter(p => p.count).length) : 'none'}.` :
                           '');
    });
  }

  /* ---- posts ---- */
  function ordered() {
    const best = i => Math.max(0, ...posts[i][SHOTS].map(s => s[2] || s[0] < 0 ? 0 : s[1]));
    const key = state.order === 'sure' ? best : state.order === 'liked' ? i => posts[i][LIKES] : null;
    const list = posts.map((p, i) => i);
    return key ? list.sort((a, b) => key(b) - key(a) || a - b) : list;
  }
  /* Cards that are not shown wait in the list of the page, which is hidden as a whole: hiding thousands one by one
     makes a browser prepare them all. */
  const waiting = $('gallery'), shown = waiting && waiting.cloneNode(false);
  function showPosts() {
    const pass = new Set(passing), list = ordered().filter(i => pass.has(i)),
          wanted = list.slice(0, state.page * PAGE).map(i => cards[i]), keep = new Set(wanted);
    for (const card of [...shown.children])
      if (!keep.has(card)) waiting.append(card);
    wanted.forEach((card, k) => {
      if (shown.children[k] !== card) shown.insertBefore(card, shown.children[k] || null);
    });
    const left = list.length - wanted.length;
    $('empty').hidden = list.length > 0;
    $('more').hidden = left === 0;
    $('order-note').textContent = left ? `The first ${count(wanted.length)} of ${count(list.length)} posts.` : '';
    $('more').textContent = `Show ${Math.min(PAGE, left)} more of ${count(list.length)} posts`;
  }

  function show() {
    if (!posts.length) return;
    passing = [];
    posts.forEach((p, i) => {
      if (passes(p)) passing.push(i);
    });
    const text = active() ? `${count(passing.length)} of ${many(posts.length, 'post')} pass the filters.` :
                            `All ${many(posts.length, 'post')} are shown.`;
    if ($('count').textContent !== text) $('count').textContent = text;
    $('lead').textContent = sentence(passing);
    showPosts();
    showTime();
    showPeople();
    if ($('lead-people')) $('lead-people').textContent = $('say0').textContent;
  }
  function read() {
    const value = (id, none) => $(id) ? $(id).value : none;
    state.brand = value('brand', '');
    state.platform = value('platform', '');
    state.since = dayOf(value('since', ''));
    state.until = dayOf(value('until', ''));
    state.least = +value('least', data.least);
    state.page = 1;
    if ($('bound')) $('bound').textContent = state.least + '%';
    show();
  }

  /* ---- photos of a person ---- */
  let opener = null;
  function openPerson(i, from) {
    const person = people[i], box = $('person'), seen = new Set();
    opener = from;
    $('person-name').textContent = person.name;
    const range = person.right === null ?
        '' :
        ` The chance that this entry is right is ${half(100 * person.right)}% (${
            half(100 * person.low)} to ${half(100 * person.high)}).`;
    for (const [p] of person.shown) seen.add(p);
    $('person-say').textContent =
        `${many(seen.size, 'post')} that speak${seen.size === 1 ? 's' : ''} for it.${range}`;
    $('person-photos').replaceChildren(...[...seen].map(p => {
      const card = cards[p].cloneNode(true);
      card.removeAttribute('id');
      card.removeAttribute('tabindex');
      return card;
    }));
    box.showModal();
    box.scrollTop = 0;
    $('person-name').focus();
  }
  function reveal(i) {
    const card = cards[i];
    if (card.parentNode !== shown) shown.append(card);
    card.tabIndex = -1;
    card.focus({preventScroll: true});
    card.scrollIntoView({block: 'center'});
  }

  /* ---- files ---- */
  const formula = text => {
    const at = text.replace(/^'+/, '');
    if (/^[\uff1d\uff0b\uff0d\uff20]/.test(at)) return true;
    return /^[=+\-@\t\r\n]/.test(at) && !/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(at);
  };
  const field = value => {
    let text = value === null || value === undefined || value === -1 ? '' : String(value);
    if (typeof value === 'string' && formula(text)) text = "'" + text;
    return /[",\r\n\t]|^ | $/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  };
  const handle = name => name.replace(/^@/, ''); /* as the tables of `export` have it */
  function save(name, lines) {
    const url = URL.createObjectURL(
        new Blob(['\ufeff' + lines.map(l => l.map(field).join(',')).join('\r\n') + '\r\n'], {type: 'text/csv'}));
    const a = document.createElement('a');
    a.href = url;
    a.download = (data.name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 60) || 'dashboard') +
        '-' + name + '.csv';
    a.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }
  function savePosts() {
    const secret = data.anonymous, part = (i, what) => {
      const e = cards[i].querySelector(what);
      return e ? e.textContent : '';
    };
    const lines = [[
      ...(secret ? [] : ['post_id']), 'platform', ...(secret ? [] : ['user']), 'date', 'picture', 'brand',
      'confidence', 'sure', 'likes', 'reposts', 'replies', ...(secret ? [] : ['url', 'text'])
    ]];
    for (const i of passing) {
      const p = posts[i], link = cards[i].querySelector('.w a');
      (p[SHOTS].length ? p[SHOTS] : [null]).forEach((s, k) => lines.push([
        ...(secret ? [] : [p[ID]]), data.platforms[p[PLATFORM]],
        ...(secret ? [] : [p[AUTHOR] < 0 ? '' : handle(data.authors[p[AUTHOR]])]), iso(p[DAY]), s ? k + 1 : '',
        s && s[0] >= 0 ? data.labels[s[0]] : '', s && s[0] >= 0 ? s[1] / 1000 : '',
        s && data.labelled ? (sure(s) ? 'yes' : 'no') : '', p[LIKES], p[REPOSTS], p[REPLIES],
        ...(secret ? [] : [link ? link.href : '', part(i, '.t')])
      ]));
    }
    save('posts', lines);
  }
  function savePeople() {
    const lines = [[
      'rank', 'person', 'platform', 'standing', 'brand', 'posts', 'photos', 'chance_right', 'chance_low',
      'chance_high', ...(data.anonymous ? [] : ['url'])
    ]];
    for (const body of new Set(rows.map(r => r.parentNode)))
      for (const row of body.rows) {
        if (row.hidden) continue;
        const p = people[+row.id.slice(1)], link = row.querySelector('th a');
        lines.push([
          +row.cells[0].textContent, handle(p.name), data.platforms[p.platform] || '',
          p.potential ? 'potential' : 'current', data.lists[p.list].brand, p.count, p.shown.length, p.right, p.low,
          p.high, ...(data.anonymous ? [] : [link ? link.href : ''])
        ]);
      }
    save('people', lines);
  }

  /* ---- colours, paper ---- */
  const isDark = () => (document.documentElement.dataset.theme ||
                        (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  const nameTheme = () => {
    $('theme').textContent = isDark() ? 'Light colours' : 'Dark colours';
  };
  let folded = [];
  addEventListener('beforeprint', () => {
    folded = [...document.querySelectorAll('details:not([open])')];
    for (const d of folded) d.open = true;
  });
  addEventListener('afterprint', () => {
    for (const d of folded) d.open = false;
  });

  $('tools').hidden = false;
  nameTheme();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', nameTheme);
  $('theme').addEventListener('click', () => {
    document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
    nameTheme();
  });
  $('print').addEventListener('click', () => print());
  if (posts.length) {
    shown.id = 'shown';
    waiting.before(shown);
    waiting.hidden = true;
    if (data.first !== null && $('since'))
      for (const id of ['since', 'until']) {
        $(id).min = iso(data.first);
        $(id).max = iso(data.last);
      }
    $('filters').hidden = $('order-row').hidden = false;
    $('filters').addEventListener('input', read);
    $('filters').addEventListener('submit', event => event.preventDefault());
    $('filters').addEventListener('reset', () => setTimeout(read));
    $('again').addEventListener('click', () => {
      $('filters').reset();
      $('show-all').focus();
    });
    $('order').addEventListener('input', () => {
      state.order = $('order').value;
      state.page = 1;
      showPosts();
    });
    $('more').addEventListener('click', () => {
      const before = shown.children.length;
      state.page++;
      showPosts();
      const next = shown.children[before];
      if (next) {
        next.tabIndex = -1;
        next.focus();
      }
    });
    $('save-posts').addEventListener('click', savePosts);
    if ($('save-people')) $('save-people').addEventListener('click', savePeople);
    document.addEventListener('click', event => {
      const all = event.target.closest('.all'), link = event.target.closest('a[href^="#p"]');
      if (all)
        openPerson(+all.dataset.person, all);
      else if (link && /^#p\d+$/.test(link.getAttribute('href'))) {
        event.preventDefault();
        reveal(+link.getAttribute('href').slice(2));
      }
    });
    for (const button of document.querySelectorAll('.all')) button.hidden = false;
    for (const rest of document.querySelectorAll('.photos .rest')) rest.remove();
    if ($('person')) {
      $('close').addEventListener('click', () => $('person').close());
      $('person').addEventListener('click', event => {
        if (event.target === $('person')) $('person').close();
      });
      $('person').addEventListener('close', () => {
        if (opener) opener.focus();
        opener = null;
      });
    }
    let width = 0, timer = 0;
    if ($('chart'))
      new ResizeObserver(entries => {
        const now = Math.round(entries[0].contentRect.width);
        if (Math.abs(now - width) < 8) return;
        width = now;
        clearTimeout(timer);
        timer = setTimeout(showTime, 100);
      }).observe($('chart'));
    read();
  }
})();
