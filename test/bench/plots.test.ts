// The plots of the bench: no label touches another, a line or a mark, and one value does not press the others together.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/root.ts';

interface Point {
  readonly x: number;
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

interface Plots {
  readonly drawBars: (plot: object) => string;
  readonly drawLines: (plot: object) => string;
}

const { drawBars, drawLines }: Plots = await import(join(ROOT, 'bench/svg.mjs'));

const bar = (label: string, value: number) => ({ label, value, min: value * 0.9, max: value * 1.1 });
const bars = (...values: number[]) => ({
  title: 'Bars',
  note: 'a note',
  unit: 'us',
  bars: values.map((value) => bar(`of ${value}`, value)),
});
const textsOf = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

/** Boxes of the labels in a drawn plot, as wide as 13 px letters are at least. */
const boxesOf = (svg: string) =>
  [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" class="(\w*)" text-anchor="(\w+)"[^>]*>([^<]*)</g)]
    .filter(([text]) => !text.includes('rotate'))
    .map(([, x, y, , anchor, words = '']) => {
      const width = words.replace(/&\w+;/g, '&').length * 6.5;
      const left = Number(x) - { start: 0, middle: width / 2, end: width }[anchor as 'start'];
      return { words, left, right: left + width, top: Number(y) - 9, bottom: Number(y) + 2 };
    });

function findOverlaps(svg: string): string[] {
  const boxes = boxesOf(svg);
  return boxes.flatMap((one, index) =>
    boxes
      .slice(index + 1)
      .filter(
        (other) =>
          one.left < other.right &&
          other.left < one.right &&
          one.top < other.bottom &&
          other.top < one.bottom,
      )
      .map((other) => `${one.words} / ${other.words}`),
  );
}

describe('a plot', () => {
  it('has bars from zero where values are near each other', () => {
    const svg = drawBars(bars(40, 80, 120));
    expect(svg).toContain('<rect');
    expect(textsOf(svg)).toEqual(expect.arrayContaining(['0', '50', '100', 'us']));
  });

  it('has dots on a logarithmic axis where one value would press the others together', () => {
    const svg = drawBars(bars(10, 20, 1000));
    expect(svg).not.toContain('<rect');
    expect(textsOf(svg)).toEqual(expect.arrayContaining(['10', '100', '1,000', 'us, logarithmic']));
    expect(findOverlaps(svg)).toEqual([]);
  });

  it('moves a number behind the line of a bound that is in its way', () => {
    const svg = drawBars({ ...bars(100, 118), bound: { value: 120, label: 'target' } });
    const line = Number(/x1="([\d.]+)"[^>]*class="bound"/.exec(svg)?.[1]);
    const [number] = boxesOf(svg).filter(({ words }) => words === '118');
    expect(number?.left).toBeGreaterThan(line);
  });

  it('is refused where a label has no room', () => {
    const tooLong = { ...bars(1), bars: [bar('x'.repeat(80), 1)] };
    expect(() => drawBars(tooLong)).toThrow(/^Bars: the label "x+" touches the edge$/);
  });

  it('has numbers beside its lines that stand free, however close the lines are', () => {
    const points = (shift: number): Point[] =>
      [1, 10, 32, 1000].map((x) => ({ x, value: 100 + shift, min: 90 + shift, max: 110 + shift }));
    const series = [0, 0.5, 1, 1.5].map((shift) => ({
      label: `by ${shift}`,
      colour: '#000',
      points: points(shift),
    }));
    const svg = drawLines({ title: 'Lines', note: 'n', xLabel: 'x', yLabel: 'y', series });
    expect(findOverlaps(svg)).toEqual([]);
    expect(textsOf(svg).filter((text) => text === '100').length).toBeGreaterThan(0);
  });

  it.each(readdirSync(join(ROOT, 'docs/bench')).filter((name) => name.endsWith('.svg')))(
    'in the documents has labels that touch none: %s',
    (name) => {
      const svg = readFileSync(join(ROOT, 'docs/bench', name), 'utf8');
      expect(boxesOf(svg).length).toBeGreaterThan(5);
      expect(findOverlaps(svg)).toEqual([]);
    },
  );
});
