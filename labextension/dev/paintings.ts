/** Pictures for scripted screens: people and a notebook, painted, moving a little. */

const SKINS = ['#f1c9a5', '#8d5a3b', '#e0ac86', '#5c3a26', '#d9a066', '#f5d7bd'];
const SHIRTS = ['#2f6f8f', '#8f3f5f', '#5a7d3a', '#b0703a', '#4a4a7a', '#3a7d74', '#7a4a2f'];
const WALLS = ['#c9d3cf', '#d8cfc0', '#bfcad6', '#d5c9d1', '#c8d0bd', '#dcd6cc'];
const HAIRS = ['#2b1d14', '#6b4423', '#171717', '#a67c52', '#8c8c8c', '#3d2b1f'];

const pick = (list: ReadonlyArray<string>, index: number) => list[index % list.length] ?? '#888';

/** Starts painting; returns the stream's only track. */
export function paint(what: 'person' | 'screen' | 'nothing', index: number): MediaStreamTrack {
  const canvas = document.createElement('canvas');
  canvas.width = what === 'screen' ? 1600 : 960;
  canvas.height = what === 'screen' ? 900 : 540;
  const context = canvas.getContext('2d');
  let frame = 0;
  const draw = () => {
    if (context) {
      if (what === 'screen') {
        drawNotebook(context);
      } else if (what === 'person') {
        drawPerson(context, index, frame);
      }
      frame += 1;
    }
  };
  draw();
  setInterval(draw, 200);
  const track = canvas.captureStream(5).getVideoTracks()[0];
  if (!track) {
    throw new Error('no track of a canvas');
  }
  return track;
}

function drawPerson(context: CanvasRenderingContext2D, index: number, frame: number): void {
  const { width, height } = context.canvas;
  const sway = Math.sin(frame / 5 + index) * 6;
  const light = context.createLinearGradient(0, 0, width, height);
  light.addColorStop(0, pick(WALLS, index));
  light.addColorStop(1, pick(WALLS, index + 1));
  context.fillStyle = light;
  context.fillRect(0, 0, width, height);
  context.fillStyle = 'rgb(255 255 255 / 35%)';
  context.fillRect(90 + (index % 3) * 220, 40, 180, 230);
  const x = width / 2 + sway;
  context.fillStyle = pick(SHIRTS, index);
  context.beginPath();
  context.ellipse(x, height + 60, 260, 230, 0, 0, Math.PI * 2);
  context.fill();
  context.fillStyle = pick(SKINS, index);
  context.fillRect(x - 42, 320, 84, 90);
  context.fillStyle = pick(HAIRS, index);
  context.beginPath();
  context.ellipse(x, 215, 122, 138, 0, 0, Math.PI * 2);
  context.fill();
  context.fillStyle = pick(SKINS, index);
  context.beginPath();
  context.ellipse(x, 245, 98, 122, 0, 0, Math.PI * 2);
  context.fill();
  context.fillStyle = '#2a2320';
  for (const side of [-1, 1]) {
    context.beginPath();
    context.arc(x + side * 38, 235, 8, 0, Math.PI * 2);
    context.fill();
  }
  context.strokeStyle = '#7a3b34';
  context.lineWidth = 6;
  context.beginPath();
  context.arc(x, 280, 34, 0.2 * Math.PI, 0.8 * Math.PI);
  context.stroke();
}

function drawNotebook(context: CanvasRenderingContext2D): void {
  const { width, height } = context.canvas;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#f3f3f3';
  context.fillRect(0, 0, width, 60);
  context.fillStyle = '#333';
  context.font = '600 26px sans-serif';
  context.fillText('02 - Régression.ipynb', 40, 40);
  const cell = (y: number, lines: ReadonlyArray<string>) => {
    context.fillStyle = '#f7f7f7';
    context.fillRect(120, y, width - 200, lines.length * 40 + 24);
    context.fillStyle = '#616161';
    context.font = '24px monospace';
    context.fillText('[3]:', 40, y + 38);
    context.fillStyle = '#1b3a5b';
    context.font = '26px monospace';
    lines.forEach((line, index) => {
      context.fillText(line, 140, y + 40 + index * 40);
    });
  };
  cell(90, [
    'import numpy as np',
    'x = np.linspace(0, 10, 200)',
    'y = 2.3 * x + np.random.normal(0, 2, 200)',
  ]);
  cell(270, ['a, b = np.polyfit(x, y, 1)']);
  context.strokeStyle = '#ccc';
  context.strokeRect(140, 370, 900, 470);
  context.fillStyle = '#2a7ab9';
  for (let dot = 0; dot < 160; dot += 1) {
    const at = (dot * 7919) % 880;
    context.fillRect(150 + at, 820 - at * 0.48 - ((dot * 104729) % 90), 7, 7);
  }
}
