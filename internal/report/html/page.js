'use strict';
// Draws the ways in and filters them. Whatever comes from a manifest becomes text (textContent), never markup.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const judged = data.judged, ways = data.ways || [], causes = data.causes || {};
  const order = ['clean', 'unknown', 'off', 'audit', 'warn', 'deny'];
  const words = {deny: 'denied', warn: 'warned of', audit: 'audited', off: 'in no mode', unknown: 'unknown', clean: data.compared ? 'nothing new' : 'nothing found'};
  const severities = ['critical', 'high', 'medium', 'low'];
  const byId = id => document.getElementById(id);
  const worse = (a, b) => order.indexOf(b) > order.indexOf(a) ? b : a;
  // Characters that turn the direction of writing, and other invisible ones, are shown as escapes.
  const plain = s => String(s).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
  const make = (tag, className, text) => {
    const e = document.createElement(tag);
    if (className) e.className = className;
    if (text !== undefined) e.textContent = plain(text);
    return e;
  };
  const svg = (tag, attributes, text) => {
    const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const name in attributes) e.setAttribute(name, attributes[name]);
    if (text !== undefined) e.textContent = plain(text);
    return e;
  };
  const named = r => r.kind + ' ' + (r.namespace ? r.namespace + '/' : '') + r.name;

  // A way is a path over nodes, each in a column. An object is one node, however many paths lead over it.
  const columns = ['clients', 'edges', 'Services', 'proxies', 'Services behind them', 'Ditto'];
  ways.forEach((w, i) => {
    w.id = i;
    if (!judged) w.verdict = 'none';
    const last = w.steps.length - 1;
    let proxied = false;
    w.nodes = [{key: w.public ? 'outside' : 'inside', column: 0, name: w.public ? 'clients outside' : 'inside the cluster', kind: w.public ? 'public' : 'internal'}];
    w.steps.forEach((s, n) => {
      const o = s.object;
      let column = o.kind === 'Service' ? (proxied ? 4 : 2) : 3;
      if (n === 0 && w.kind !== 'Proxy') column = 1;
      if (n === last) column = 5;
      if (column === 3) proxied = true;
      const node = {key: column + ' ' + named(o), column, name: o.name, kind: o.kind + (o.namespace ? ' in ' + o.namespace : '')};
      if (n === last) {
        node.key += ' ' + w.number;
        node.name = w.component + ' ' + w.port + (w.number ? ' ' + w.number : '');
        node.kind = named(o);
      }
      if (w.nodes[w.nodes.length - 1].key !== node.key) w.nodes.push(node);
    });
    w.namespaces = new Set(w.steps.map(s => s.object.namespace).concat(w.namespace));
  });

  const chosen = {way: null, node: null};
  const filter = () => ({
    rule: byId('rule') ? byId('rule').value : '', severity: byId('severity') ? byId('severity').value : '', namespace: byId('namespace').value,
  });
  const severe = (severity, least) => !least || severities.indexOf(severity) <= severities.indexOf(least);
  const passes = (w, f) => (!f.namespace || w.namespaces.has(f.namespace)) &&
    ((!f.rule && !f.severity) || (w.findings || []).some(x => (!f.rule || x.rule === f.rule) && severe(x.severity, f.severity)));

  function draw(shown) {
    const picture = byId('picture');
    picture.replaceChildren();
    if (!shown.length) return;
    const nodes = new Map(), edges = new Map();
    for (const w of shown) {
      let before = null;
      for (const n of w.nodes) {
        let node = nodes.get(n.key);
        if (!node) nodes.set(n.key, node = {...n, verdict: w.verdict, ways: 0, from: new Set()});
        node.verdict = worse(node.verdict, w.verdict);
        node.ways++;
        if (before) {
          const key = before.key + '\n' + n.key;
          let edge = edges.get(key);
          if (!edge) edges.set(key, edge = {from: before, to: node, verdict: w.verdict});
          edge.verdict = worse(edge.verdict, w.verdict);
          node.from.add(before);
        }
        before = node;
      }
    }
    const wide = 180, across = 44, apart = 14, top = 34, left = 14;
    const used = columns.map((title, c) => ({title, list: [...nodes.values()].filter(n => n.column === c)})).filter(c => c.list.length);
    const at = new Map(used.flatMap((c, n) => c.list.map(node => [node, n])));
    // A line that leaves columns out has a place of its own in each, so that it hides behind no object.
    for (const e of edges.values()) {
      e.over = [e.from];
      for (let c = at.get(e.from) + 1; c < at.get(e.to); c++) {
        const bend = {bend: true, verdict: e.verdict, name: e.from.name, from: new Set([e.over[e.over.length - 1]])};
        used[c].list.push(bend);
        e.over.push(bend);
      }
      e.over.push(e.to);
      if (e.over.length > 2) { e.to.from.delete(e.from); e.to.from.add(e.over[e.over.length - 2]); }
    }
    const size = n => n.bend ? 8 : 40;
    const tall = c => c.list.reduce((sum, n) => sum + size(n) + apart, 0);
    const height = top + Math.max(...used.map(tall));
    let x = left;
    for (const c of used) {
      // Each node near what leads to it; of entries, the worst first.
      const mean = n => { const f = [...n.from].filter(m => m.y !== undefined); return f.length ? f.reduce((s, m) => s + m.y, 0) / f.length : 0; };
      const key = new Map(c.list.map(n => [n, n.column === 1 ? -order.indexOf(n.verdict) : mean(n)]));
      c.list.sort((a, b) => key.get(a) - key.get(b) || (a.name < b.name ? -1 : 1));
      let y = top + Math.max(0, (Math.min(height, 600) - top - tall(c)) / 2);
      for (const n of c.list) { n.x = x; n.y = y; n.middle = y + size(n) / 2; y += size(n) + apart; }
      c.x = x;
      x += wide + across;
    }
    const width = x - across + left;
    const root = svg('svg', {width, height, viewBox: `0 0 ${width} ${height}`});
    for (const c of used) root.append(svg('text', {x: c.x, y: 20, class: 'title'}, c.title));
    const lines = [...edges.values()].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
    for (const e of lines) {
      let d = `M${e.from.x + wide} ${e.from.middle}`, x1 = e.from.x + wide, y1 = e.from.middle;
      for (const n of e.over.slice(1)) {
        const bend = Math.max(24, Math.abs(n.x - x1) / 2);
        d += ` C${x1 + bend} ${y1} ${n.x - bend} ${n.middle} ${n.x} ${n.middle}`;
        if (n.bend) d += ` H${n.x + wide}`;
        x1 = n.x + wide;
        y1 = n.middle;
      }
      const path = svg('path', {d, class: e.verdict});
      path.dataset.edge = e.from.key + '\n' + e.to.key;
      root.append(path);
    }
    const short = s => s.length > 25 ? s.slice(0, 24) + '…' : s;
    for (const n of nodes.values()) {
      const g = svg('g', {class: 'node ' + n.verdict, tabindex: 0, role: 'button', transform: `translate(${n.x} ${n.y})`});
      const count = n.ways + (n.ways === 1 ? ' way' : ' ways');
      const label = n.name + ', ' + n.kind + ', ' + count + (judged ? ', ' + words[n.verdict] : '');
      g.setAttribute('aria-label', plain(label));
      g.dataset.node = n.key;
      g.append(svg('title', {}, label), svg('rect', {width: wide, height: 40, rx: 6}),
        svg('text', {x: 10, y: 17}, short(n.name)), svg('text', {x: 10, y: 32, class: 'kind'}, short(n.kind)));
      if (n.ways > 1) g.append(svg('text', {x: wide - 8, y: 17, class: 'kind', 'text-anchor': 'end'}, n.ways));
      const pick = () => { chosen.node = chosen.node === n.key ? null : n.key; chosen.way = null; list(); mark(); };
      g.addEventListener('click', pick);
      g.addEventListener('keydown', e => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); pick(); } });
      root.append(g);
    }
    picture.append(root);
  }

  // mark brings out what is chosen.
  function mark() {
    const root = document.querySelector('#picture svg');
    if (root) {
      const on = ways.filter(w => chosen.way ? w === chosen.way : chosen.node && w.nodes.some(n => n.key === chosen.node));
      const keys = new Set(on.flatMap(w => w.nodes.map(n => n.key)));
      const steps = new Set(on.flatMap(w => w.nodes.slice(1).map((n, i) => w.nodes[i].key + '\n' + n.key)));
      root.classList.toggle('chosen', on.length > 0);
      for (const g of root.querySelectorAll('.node')) g.classList.toggle('on', keys.has(g.dataset.node));
      for (const p of root.querySelectorAll('path')) p.classList.toggle('on', steps.has(p.dataset.edge));
    }
    for (const b of byId('list').children) b.setAttribute('aria-pressed', chosen.way && b.dataset.way === String(chosen.way.id) ? 'true' : 'false');
  }

  let shown = [];
  function list() {
    const box = byId('list');
    box.replaceChildren();
    const some = shown.filter(w => !chosen.node || w.nodes.some(n => n.key === chosen.node));
    for (const w of some) {
      const b = make('button', w.verdict);
      b.type = 'button';
      b.dataset.way = w.id;
      if (judged) b.append(make('span', 'badge ' + w.verdict, words[w.verdict]), ' ');
      b.append(make('span', '', w.steps[0].text));
      const over = w.steps.slice(1, -1).filter(s => s.object.kind !== 'Service').map(s => s.text);
      b.append(make('small', '', (w.public ? 'public' : 'internal') + (over.length ? ', over ' + over.join(', ') : '') + ', to ' + w.component + ' ' + w.port + ' of ' + named(w.target)));
      b.addEventListener('click', () => { chosen.way = chosen.way === w ? null : w; mark(); detail(); });
      box.append(b);
    }
    byId('count').textContent = some.length + ' of ' + ways.length + (ways.length === 1 ? ' way in' : ' ways in');
    detail();
  }

  function items(title, texts) {
    const box = make('div');
    box.append(make('h4', '', title));
    const ul = make('ul', 'hops');
    for (const t of texts) ul.append(make('li', '', t));
    box.append(ul);
    return box;
  }

  function detail() {
    const box = byId('detail'), w = chosen.way;
    box.replaceChildren();
    if (!w) {
      box.append(make('p', 'hint', ways.length ? 'Choose a way to see its steps, what is found on it, and the fix.' : 'No way in was found.'));
      return;
    }
    const title = make('h3');
    if (judged) title.append(make('span', 'badge ' + w.verdict, words[w.verdict]), ' ');
    title.append(make('span', '', w.via));
    box.append(title);
    const hops = make('ol', 'hops');
    for (const s of w.steps) hops.append(make('li', '', s.text));
    box.append(hops);
    const facts = [];
    if (w.route) facts.push('clients ask for ' + w.route);
    if (w.identity) facts.push('identity: ' + w.identity + (w.identityWhy ? ' (' + w.identityWhy + ')' : ''));
    if (w.authenticated && w.authenticated.state) facts.push('asks for credentials: ' + w.authenticated.state + (w.authenticated.why ? ' (' + w.authenticated.why + ')' : ''));
    const r = w.reaches || {};
    if (r.api) facts.push('reaches the API' + (r.disguised ? ', by paths with dot segments' : ''));
    if (r.admin && r.admin.length) facts.push('reaches ' + r.admin.join(', '));
    for (const p of w.properties || []) {
      if (p.state) facts.push(p.title + ': ' + (p.value && p.state !== 'unknown' ? p.value : p.state) + (p.source ? ' (' + p.source + ')' : '') + (p.why ? ' (' + p.why + ')' : ''));
    }
    if (facts.length) box.append(items('What is known', facts));
    if (w.assumptions && w.assumptions.length) box.append(items('Assumed', w.assumptions));
    if (w.unknown && w.unknown.length) box.append(items('Unknown', w.unknown));
    for (const f of judged ? w.findings || [] : []) {
      const c = causes[f.cause], part = make('div', 'finding');
      const head = make('p');
      head.append(make('span', 'badge ' + f.action, words[f.action]), ' ', make('b', '', f.rule), ' ', make('span', 'facts', f.severity));
      part.append(head, make('p', '', f.message));
      if (c) {
        part.append(make('p', 'facts', 'Cause: ' + c.object + (c.place ? ' (' + c.place + ')' : '')));
        if (c.advice) { const p = make('p', 'fix'); p.append(make('b', '', 'Fix: '), make('span', '', c.advice)); part.append(p); }
        if (c.fix) { const d = make('details', 'inner'); d.append(make('summary', '', 'The fix at length'), make('pre', '', c.fix)); part.append(d); }
      }
      box.append(part);
    }
  }

  function update() {
    const f = filter();
    chosen.way = chosen.node = null;
    shown = ways.filter(w => passes(w, f)).sort((a, b) => order.indexOf(b.verdict) - order.indexOf(a.verdict) || a.id - b.id);
    draw(shown);
    list();
    mark();
    for (const d of document.querySelectorAll('[data-namespaces]')) {
      const inside = !f.namespace || d.dataset.namespaces.split(' ').includes(f.namespace);
      d.hidden = !inside || !!d.dataset.rule && (!!f.rule && d.dataset.rule !== f.rule || !severe(d.dataset.severity, f.severity));
    }
  }

  byId('filters').addEventListener('change', update);
  byId('filters').addEventListener('submit', e => e.preventDefault());
  byId('filters').addEventListener('reset', () => setTimeout(update));
  byId('list').addEventListener('keydown', e => {
    const step = {ArrowDown: 1, ArrowUp: -1}[e.key];
    if (!step) return;
    e.preventDefault();
    const next = step > 0 ? document.activeElement.nextElementSibling : document.activeElement.previousElementSibling;
    if (next) { next.focus(); next.click(); }
  });
  document.addEventListener('keydown', e => {
    if (e.key === 'Escape') { chosen.way = chosen.node = null; list(); mark(); }
  });
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll('main details:not([open])')];
    for (const d of opened) d.open = true;
  });
  addEventListener('afterprint', () => { for (const d of opened) d.open = false; });
  update();
})();
