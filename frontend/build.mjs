// Bundles what the browser needs into web/static/dist, with the licences of everything inside.
import { build } from 'esbuild';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '..', 'web', 'static', 'dist');

function packageOf(path) {
  const after = path.split('node_modules/').pop();
  return after.startsWith('@') ? after.split('/').slice(0, 2).join('/') : after.split('/')[0];
}

function licence(name) {
  const root = join(here, 'node_modules', name);
  const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'license'].find((f) => existsSync(join(root, f)));
  const text = file ? readFileSync(join(root, file), 'utf8').trim() : `(no licence file in the package; package.json says: ${license})`;
  return `${'='.repeat(78)}\n${name} ${version} (${license ?? 'see below'})\n\n${text}\n`;
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const result = await build({
  absWorkingDir: here,
  entryPoints: { viewer: 'src/viewer.js', 'viewer-style': 'src/viewer.css' },
  outdir: target,
  bundle: true,
  format: 'esm',
  minify: true,
  target: ['es2022'],
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
});
copyFileSync(join(here, 'node_modules/htmx.org/dist/htmx.min.js'), join(target, 'htmx.js'));

const bundled = Object.keys(result.metafile.inputs).filter((path) => path.includes('node_modules/')).map(packageOf);
const names = [...new Set([...bundled, 'htmx.org'])].sort();
writeFileSync(join(target, 'LICENSES.txt'), names.map(licence).join('\n'));
