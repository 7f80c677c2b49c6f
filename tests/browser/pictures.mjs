// See `run`. The pictures of `graph` and `diff`, drawn by what people draw them with: Mermaid as GitHub has it, Graphviz,
// and a browser. Exit code 0: all show the same nodes, boxes and arrows, and no letter is outside of its frame.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Graphviz } from '@hpcc-js/wasm-graphviz';
import chromium from '@sparticuz/chromium';
import puppeteer from 'puppeteer-core';

const [root, pictures] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const program = process.env.BINARY || join(root, 'target/debug/deploy-roles');
const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
const graphviz = await Graphviz.load();
const browser = await puppeteer.launch({
  args: [...chromium.args, '--no-sandbox'],
  executablePath: await chromium.executablePath(),
  headless: 'shell',
});

// What GitHub says of the picture: its nodes, boxes, arrows, and the letters.
async function byMermaid(page, text) {
  const drawn = await page.evaluate(async text => {
    const { svg } = await window.mermaid.render('drawn', text);
    const holder = document.createElement('div');
    holder.innerHTML = svg;
    const of = selector => [...holder.querySelectorAll(selector)];
    return {
      nodes: of('.node').map(node => node.textContent.trim()).sort(),
      boxes: of('.cluster').map(box => box.textContent.trim()).sort(),
      arrows: of('path.flowchart-link').length,
      images: of('img, script').length,
    };
  }, text);
  assert.equal(drawn.images, 0);
  return drawn;
}

const entities = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#45;': '-', '&#160;': ' ', '&#39;': "'" };
const decoded = text => text.replace(/&[#a-z0-9]+;/g, entity => {
  assert.ok(entity in entities, entity);
  return entities[entity];
});

// What Graphviz says of it.
function byGraphviz(text) {
  const svg = graphviz.dot(text);
  const of = kind => {
    const groups = svg.split(/<g id="[^"]*" class="/).slice(1).filter(group => group.startsWith(kind));
    return groups.map(group => [...group.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => decoded(text)).join('')).sort();
  };
  return { nodes: of('node'), boxes: of('cluster'), arrows: of('edge').length };
}

// What a browser says of ours: a frame and the texts after it belong together, up to the next frame.
async function byBrowser(page, svg, name) {
  const file = join(folder, `${name}.svg`);
  writeFileSync(file, svg);
  await page.goto(`file://${file}`);
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
  return page.evaluate(() => {
    const all = { nodes: [], boxes: [], arrows: 0, outside: [] };
    let frame;
    let lines = [];
    const done = () => frame && all[frame.classList.contains('box') ? 'boxes' : 'nodes'].push(lines.join(''));
    for (const part of document.querySelectorAll('rect, text, path')) {
      if (part.matches('rect')) {
        done();
        [frame, lines] = [part.getBBox() && part, []];
      } else if (part.matches('path')) {
        all.arrows += 1;
      } else if (!part.matches('.legend')) {
        const [text, box] = [part.getBBox(), frame.getBBox()];
        const isIn = text.x >= box.x && text.x + text.width <= box.x + box.width
          && text.y >= box.y && text.y + text.height <= box.y + box.height;
        if (!isIn) all.outside.push(part.textContent);
        lines.push(part.textContent);
      }
    }
    done();
    all.arrows -= document.querySelectorAll('text.legend').length;
    all.nodes.sort();
    all.boxes.sort();
    return all;
  });
}

// Lines were broken at blanks, which are gone.
const squeezed = labels => labels.map(label => label.replace(/\s/g, '')).sort();

const organization = number => `Organization:

  ManagementAccount:
    Type: OC::ORG::MasterAccount
    Properties: { AccountName: Management, AccountId: '000000000001' }
${Array.from({ length: number }, (_, at) => `
  Account${at}:
    Type: OC::ORG::Account
    Properties:
      AccountName: Account ${at}
      AccountId: '${100000000000 + at}'
      RootEmail: aws-${at}@example.com
      Tags: { stage: '${['dev', 'staging', 'prod'][at % 3]}' }
`).join('')}`;

async function compare(pages, cwd, name) {
  const picture = format => execFileSync(program, ['graph', '--format', format], { cwd, encoding: 'utf8', stdio: 'pipe' });
  const mermaid = await byMermaid(pages.mermaid, picture('mermaid'));
  const dot = byGraphviz(picture('dot'));
  const ours = await byBrowser(pages.svg, picture('svg'), name);
  assert.deepEqual(ours.outside, [], `${name}: outside of its frame`);
  for (const [by, other] of [['Mermaid', mermaid], ['Graphviz', dot]]) {
    assert.deepEqual(squeezed(ours.nodes), squeezed(other.nodes), `${name}: nodes by ${by}`);
    assert.deepEqual(squeezed(ours.boxes), squeezed(other.boxes), `${name}: boxes by ${by}`);
    assert.equal(ours.arrows, other.arrows, `${name}: arrows by ${by}`);
  }
  assert.ok(ours.nodes.length > 0 && ours.arrows > 0, name);
  return ours;
}

try {
  const pages = { mermaid: await browser.newPage(), svg: await browser.newPage() };
  const problems = [];
  for (const page of Object.values(pages)) {
    page.on('pageerror', error => problems.push(String(error)));
    page.on('request', request => request.url().startsWith('file:') || problems.push(`asks for ${request.url()}`));
    await page.setViewport({ width: 1500, height: 900 });
  }
  writeFileSync(join(folder, 'empty.html'), '<!doctype html><title>-</title>');
  await pages.mermaid.goto(`file://${join(folder, 'empty.html')}`);
  await pages.mermaid.addScriptTag({ path: join(here, 'node_modules/mermaid/dist/mermaid.min.js') });
  await pages.mermaid.evaluate(() => window.mermaid.initialize({ startOnLoad: false, securityLevel: 'strict' }));

  // The example.
  const shipped = join(folder, 'shipped');
  cpSync(join(root, 'org'), join(shipped, 'org'), { recursive: true });
  const example = await compare(pages, shipped, 'example');

  // Three hundred accounts, and three: equal accounts are one box.
  const sizes = [];
  for (const number of [3, 300]) {
    const cwd = join(folder, `of-${number}`);
    cpSync(join(root, 'org'), join(cwd, 'org'), { recursive: true });
    writeFileSync(join(cwd, 'org/organization.yml'), organization(number));
    const target = stage => `      ${stage}:\n        Select: $.Organization[?@.Properties.Tags.stage=='${stage}']\n`;
    writeFileSync(join(cwd, 'org/roles.src.yml'), `Organization: !Include ./organization.yml
DefaultOrganizationBindingRegion: eu-west-1
Resources:
  Shop: !DeployRoles
    AppId: shop
    Services: [logs]
    TrustedBy:
      - Principal: arn:aws:iam::000000000001:role/ci
    Targets:
${['dev', 'staging', 'prod'].map(target).join('')}`);
    const { nodes, boxes } = await compare(pages, cwd, `of-${number}-accounts`);
    sizes.push([nodes.length, boxes.length]);
  }
  assert.deepEqual(sizes[0], sizes[1], 'the picture of many accounts is larger');

  // Words of the languages, and markup, in what the author writes.
  const hostile = join(folder, 'hostile');
  cpSync(join(root, 'org'), join(hostile, 'org'), { recursive: true });
  const names = ['end', '"] --> x', '<img src=x onerror=alert(1)>', '\\', '#quot;', '%%{init: {}}%%', '</style><script>x</script>', '`**a**`', 'Größe', 'style:a#b;', 'classDef x:#b;'];
  writeFileSync(join(hostile, 'org/organization.yml'), organization(names.length));
  writeFileSync(join(hostile, 'org/roles.src.yml'), `Organization: !Include ./organization.yml
DefaultOrganizationBindingRegion: eu-west-1
Resources:
  Shop: !DeployRoles
    AppId: shop
    ToolsAccount: !Ref ManagementAccount
    Services: [logs]
    TrustedBy:
      - GitHubOidc:
          Repository: acme/shop
          RepositoryId: '1'
          OwnerId: '2'
          Environments:
${names.map((name, at) => `            s${at}: ${JSON.stringify(name)}`).join('\n')}
    Targets:
${names.map((_, at) => `      s${at}: !Ref Account${at}`).join('\n')}
`);
  const escaped = await compare(pages, hostile, 'hostile');
  for (const name of names) {
    const all = squeezed(escaped.nodes).join('\n');
    assert.ok(all.includes(name.replace(/\s/g, '')), `${name} in ${all}`);
  }

  // The picture of a diff: Mermaid for the pull request.
  rmSync(join(shipped, 'org/roles.yml'));
  const markdown = execFileSync(program, ['diff', '--format', 'markdown'], { cwd: shipped, encoding: 'utf8' });
  const [, block] = markdown.match(/```mermaid\n([^`]*)```/);
  const trust = await byMermaid(pages.mermaid, block);
  assert.ok(trust.arrows > 3 && trust.nodes.length > 3, `${trust.arrows} arrows`);

  assert.deepEqual(problems, []);
  console.log(`the pictures are drawn alike by Mermaid, Graphviz and a browser: ${example.nodes.length} nodes, ${example.arrows} arrows in the example`);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
