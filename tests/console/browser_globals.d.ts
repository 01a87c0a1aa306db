// What the vendored libraries put on the page, as far as the console uses it. Only the type check reads this.

interface UPlotSeries {
  label?: string;
  stroke?: string;
  fill?: string;
  width?: number;
  paths?: unknown;
  points?: { show: boolean };
}

interface UPlotChart {
  setData(data: ArrayLike<number>[], resetScales?: boolean): void;
  setSize(size: { width: number; height: number }): void;
  setSelect(select: { left: number; top: number; width: number; height: number }, fire?: boolean): void;
  posToVal(position: number, scale: string): number;
  destroy(): void;
  readonly select: { left: number; top: number; width: number; height: number };
  readonly root: HTMLElement;
}

declare const uPlot: {
  new (options: Record<string, unknown>, data: ArrayLike<number>[], target: HTMLElement): UPlotChart;
  readonly paths: { bars(options: { size: [number, number]; align?: number }): unknown };
};
