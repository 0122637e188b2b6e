/**
 * Charts, drawn here as SVG: stacked bars by hour, bars by category. ECharts writes inline styles and a style element, which the console's policy refuses
 * (and rightly); they become attributes. Colours: the ink is the page's own, so that both colour schemes and paper read it.
 */
import { BarChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, GridComponent, SVGRenderer]);

export interface Series {
  readonly name: string;
  readonly tone: 'open' | 'blocked' | 'whole';
  readonly values: readonly number[];
}

/** At least 3:1 on the light and on the dark card. */
const TONES: Readonly<Record<Series['tone'], string>> = { open: '#3f9560', blocked: '#c9563f', whole: '#7b8a82' };
const LINE = '#8a988f';

export interface BarsOptions {
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  readonly number: (n: number) => string;
  /** Lying down, for long labels. */
  readonly lying?: boolean;
  /** Beside a page's text, or as wide as a phone: letters have one size on the screen, so a chart is drawn for its width and not scaled to it. */
  readonly width: 'desk' | 'phone';
}

const WIDTHS = { desk: 900, phone: 320 } as const;
const STANDING = { desk: { height: 260, left: 64 }, phone: { height: 220, left: 48 } } as const;
/** Long names stand in two lines beside their bar, or above it where there is no room. */
const LYING = { desk: { row: 34, left: 260, label: 246 }, phone: { row: 56, left: 4, label: 300 } } as const;

export function bars({ labels, series, number, lying = false, width }: BarsOptions): string {
  const shape = lying ? { ...LYING[width], height: 32 + labels.length * LYING[width].row } : STANDING[width];
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTHS[width], height: shape.height });
  const above = lying && width === 'phone';
  try {
    const names = {
      type: 'category', data: [...labels], inverse: lying, axisLine: { lineStyle: { color: LINE } }, axisTick: { show: false },
      axisLabel: {
        color: 'currentColor', fontSize: 13,
        ...(!lying ? { hideOverlap: true } : { width: LYING[width].label, overflow: 'truncate', ...(above ? { inside: true, margin: 0, padding: [0, 0, 11, 0], align: 'left', verticalAlign: 'bottom' } : {}) }),
      },
      z: 3,
    };
    const amounts = { type: 'value', minInterval: 1, splitNumber: width === 'desk' ? 4 : 3, splitLine: { lineStyle: { color: LINE, opacity: 0.35 } }, axisLabel: { color: 'currentColor', fontSize: 13, formatter: number, hideOverlap: true } };
    const option: EChartsCoreOption = {
      animation: false,
      grid: { left: shape.left, right: lying ? 64 : 8, top: lying ? 4 : 12, bottom: 28 },
      xAxis: lying ? amounts : names,
      yAxis: lying ? names : amounts,
      series: series.map(({ name, tone, values }) => ({
        type: 'bar', stack: 'all', name, data: [...values], silent: true, barMaxWidth: above ? 16 : 26, itemStyle: { color: TONES[tone] },
        ...(lying ? { label: { show: true, position: 'right', color: 'currentColor', fontSize: 13, formatter: ({ value }: { value: unknown }) => number(Number(value)) } } : {}),
      })),
    };
    chart.setOption(option);
    return withoutStyles(chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
}

/** No style element, no style attribute, no class of theirs; scales with its box. Exported for its test. */
export function withoutStyles(svg: string): string {
  return svg
    .replace(/<style\b[\s\S]*?<\/style>/g, '')
    .replace(/ style="([^"]*)"/g, (_all, css: string) => {
      const size = /font-size:\s*([\d.]+)px/.exec(css)?.[1];
      return size === undefined ? '' : ` font-size="${size}"`;
    })
    .replace(/ (?:class|ecmeta_[a-z_]+|pointer-events|baseProfile|version|xmlns(?::xlink)?)="[^"]*"/g, '')
    .replace(/^<svg width="\d+" height="\d+"/, '<svg class="plot" aria-hidden="true" focusable="false"');
}
