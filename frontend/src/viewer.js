// Draws a BPMN diagram into every [data-diagram], with the marks that its data-marks carries:
// {past: [ids], here: {id: count}, stuck: {id: count}, flows: [ids]}
// The frame is as large as the page has room for; a larger diagram is moved in it by dragging or by the arrow keys,
// never by the wheel, which belongs to the page. So the mark of bpmn.io stays in sight, whatever part is shown.
import Viewer from 'bpmn-js/lib/Viewer';

const READABLE = 0.78; // below it words are too small: then a part is shown instead of the whole
const MOST_HIGH = 560;
const MARGIN = 24;
const FONT = '"Charterflow Sans","Pretendard Variable","Apple SD Gothic Neo","Malgun Gothic","Noto Sans KR",sans-serif';

function disc(text, kind) {
  const tag = document.createElement('span');
  tag.className = `token ${kind}`;
  tag.textContent = text;
  return tag;
}

function mark(viewer, marks) {
  const canvas = viewer.get('canvas');
  const overlays = viewer.get('overlays');
  const known = (id) => viewer.get('elementRegistry').get(id);
  for (const id of marks.past ?? []) {
    const element = known(id);
    if (!element) continue;
    canvas.addMarker(id, 'is-past');
    if (/Task$|CallActivity$|SubProcess$/.test(element.type) && !marks.here?.[id]) {
      overlays.add(id, { position: { top: -10, right: 10 }, html: disc('✓', 'done') });
    }
  }
  for (const id of marks.flows ?? []) if (known(id)) canvas.addMarker(id, 'is-past');
  for (const [id, count] of Object.entries(marks.here ?? {})) {
    if (!known(id)) continue;
    canvas.addMarker(id, 'is-here');
    overlays.add(id, { position: { top: -10, left: -10 }, html: disc(String(count), 'here') });
  }
  for (const [id, count] of Object.entries(marks.stuck ?? {})) {
    if (known(id)) overlays.add(id, { position: { top: -10, right: 10 }, html: disc(String(count), 'stuck') });
  }
}

class View {
  constructor(viewer, frame, marks) {
    this.canvas = viewer.get('canvas');
    this.frame = frame;
    this.box = this.canvas.viewbox().inner;
    const deepest = Object.keys(marks.here ?? {}).map((id) => viewer.get('elementRegistry').get(id)).filter(Boolean);
    // A task that somebody has to do says more about where a case stands than a clock that runs beside it.
    const rank = (element) => (/UserTask$/.test(element.type) ? 0 : /Task$|CallActivity$/.test(element.type) ? 1 : 2);
    this.focus = deepest.sort((a, b) => rank(a) - rank(b))[0];
  }

  whole() {
    return Math.min(1, (this.frame.clientWidth - 2) / (this.box.width + 2 * MARGIN));
  }

  start() {
    const whole = this.whole();
    const scale = whole >= READABLE ? whole : READABLE;
    const high = Math.min(MOST_HIGH, Math.ceil((this.box.height + 2 * MARGIN + 24) * scale));
    this.frame.querySelector('.canvas').style.height = `${Math.max(140, high)}px`;
    this.canvas.resized();
    this.show(scale, whole >= READABLE && high < MOST_HIGH ? undefined : this.focus);
  }

  show(scale, element) {
    const wide = this.frame.clientWidth / scale;
    const high = this.frame.clientHeight / scale;
    const { x, y, width, height } = this.box;
    const middle = element
      ? { x: element.x + element.width / 2, y: element.y + element.height / 2 }
      : { x: width + 2 * MARGIN > wide ? x - MARGIN + wide / 2 : x + width / 2, y: height + 2 * MARGIN > high ? y - MARGIN + high / 2 : y + height / 2 };
    const clamp = (at, low, size, room) => (size + 2 * MARGIN <= room ? low + size / 2 - room / 2 : Math.min(Math.max(at - room / 2, low - MARGIN), low + size + MARGIN - room));
    this.canvas.viewbox({ x: clamp(middle.x, x, width, wide), y: clamp(middle.y, y, height, high), width: wide, height: high });
  }

  zoom(factor) {
    const view = this.canvas.viewbox();
    const middle = { x: view.x, y: view.y, width: view.width, height: view.height };
    this.show(Math.min(2, Math.max(0.2, this.canvas.zoom() * factor)), middle);
  }

  move(dx, dy) {
    this.canvas.scroll({ dx, dy });
  }
}

function listen(frame, view) {
  const step = 64;
  const keys = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
  frame.addEventListener('keydown', (event) => {
    if (keys[event.key]) view.move(...keys[event.key]);
    else if (event.key === '+' || event.key === '=') view.zoom(1.25);
    else if (event.key === '-') view.zoom(0.8);
    else return;
    event.preventDefault();
  });
  let from;
  frame.addEventListener('pointerdown', (event) => {
    if (event.button || event.target.closest('a')) return;
    from = [event.clientX, event.clientY];
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener('pointermove', (event) => {
    if (!from) return;
    view.move(event.clientX - from[0], event.clientY - from[1]);
    from = [event.clientX, event.clientY];
  });
  for (const end of ['pointerup', 'pointercancel']) frame.addEventListener(end, () => { from = undefined; });
  const acts = { larger: () => view.zoom(1.25), smaller: () => view.zoom(0.8), whole: () => view.show(view.whole()) };
  const buttons = frame.parentElement.querySelector('[data-diagram-buttons]');
  if (!buttons) return;
  buttons.hidden = false;
  buttons.addEventListener('click', (event) => acts[event.target.dataset.act]?.());
}

async function draw(frame) {
  const marks = JSON.parse(frame.dataset.marks || '{}');
  const answer = await fetch(frame.dataset.diagram, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`the diagram answered ${answer.status}`);
  const viewer = new Viewer({
    container: frame.querySelector('.canvas'),
    bpmnRenderer: { defaultFillColor: 'var(--paper)', defaultStrokeColor: 'var(--edge)', defaultLabelColor: 'var(--ink-2)' },
    textRenderer: { defaultStyle: { fontFamily: FONT, fontSize: 13 }, externalStyle: { fontSize: 13 } },
  });
  await viewer.importXML(await answer.text());
  mark(viewer, marks);
  const view = new View(viewer, frame, marks);
  view.start();
  listen(frame, view);
  let width = frame.clientWidth;
  new ResizeObserver(() => {
    if (frame.clientWidth === width) return;
    width = frame.clientWidth;
    view.start();
  }).observe(frame);
  frame.dataset.drawn = 'true';
}

for (const frame of document.querySelectorAll('[data-diagram]')) {
  draw(frame).catch(() => {
    frame.hidden = true; // the same steps stand as text below: open them
    document.querySelector('.as-text')?.setAttribute('open', '');
  });
}
