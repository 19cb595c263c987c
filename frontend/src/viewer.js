// Draws a BPMN diagram into every [data-diagram], with the marks that its data-marks carries:
// {past: [ids], here: {id: count}, stuck: {id: count}, flows: [ids]}
import Viewer from 'bpmn-js/lib/Viewer';

const LEAST_SCALE = 0.62; // below it the words cannot be read: the frame scrolls instead
const FONT = '"Charterflow Sans","Pretendard Variable","Apple SD Gothic Neo","Malgun Gothic","Noto Sans KR",sans-serif';

function disc(text, kind) {
  const tag = document.createElement('span');
  tag.className = `token ${kind}`;
  tag.textContent = text;
  return tag;
}

function fit(canvas, frame, viewer) {
  const box = viewer.get('canvas').viewbox().inner;
  const room = frame.clientWidth - 2;
  const scale = Math.max(LEAST_SCALE, Math.min(1, room / (box.width + 48)));
  canvas.style.width = `${Math.max(room, Math.ceil((box.width + 48) * scale))}px`;
  canvas.style.height = `${Math.ceil((box.height + 64) * scale)}px`;
  viewer.get('canvas').resized();
  const wide = canvas.clientWidth / scale;
  const high = canvas.clientHeight / scale;
  viewer.get('canvas').viewbox({ x: box.x + box.width / 2 - wide / 2, y: box.y - 24, width: wide, height: high });
  return scale;
}

function mark(viewer, marks) {
  const canvas = viewer.get('canvas');
  const overlays = viewer.get('overlays');
  const registry = viewer.get('elementRegistry');
  const known = (id) => registry.get(id);
  for (const id of marks.past ?? []) {
    const element = known(id);
    if (!element) continue;
    canvas.addMarker(id, 'is-past');
    if (!element.waypoints && /Task|CallActivity|SubProcess/.test(element.type) && !marks.here?.[id]) {
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

function showWhere(frame, viewer, marks) {
  const first = Object.keys(marks.here ?? {}).map((id) => viewer.get('elementRegistry').get(id)).find(Boolean);
  if (!first || frame.scrollWidth <= frame.clientWidth) return;
  const view = viewer.get('canvas').viewbox();
  frame.scrollLeft = (first.x + first.width / 2 - view.x) * view.scale - frame.clientWidth / 2;
}

async function draw(frame) {
  const canvas = frame.querySelector('.canvas');
  const marks = JSON.parse(frame.dataset.marks || '{}');
  const answer = await fetch(frame.dataset.diagram, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`the diagram answered ${answer.status}`);
  const viewer = new Viewer({
    container: canvas,
    bpmnRenderer: { defaultFillColor: 'var(--paper)', defaultStrokeColor: 'var(--edge)', defaultLabelColor: 'var(--ink-2)' },
    textRenderer: { defaultStyle: { fontFamily: FONT, fontSize: 12 }, externalStyle: { fontSize: 12 } },
  });
  await viewer.importXML(await answer.text());
  mark(viewer, marks);
  fit(canvas, frame, viewer);
  showWhere(frame, viewer, marks);
  let width = frame.clientWidth;
  new ResizeObserver(() => {
    if (frame.clientWidth === width) return;
    width = frame.clientWidth;
    fit(canvas, frame, viewer);
  }).observe(frame);
  frame.dataset.drawn = 'true';
}

for (const frame of document.querySelectorAll('[data-diagram]')) {
  draw(frame).catch(() => {
    frame.hidden = true; // the same steps stand as text below: open them
    document.querySelector('.as-text')?.setAttribute('open', '');
  });
}
