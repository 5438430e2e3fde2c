// A chart over time by uPlot, with its colours from the style sheet, a readout under the pointer, and words for those
// who don't see it. Numbers become floats here and only here: for pixels.
import { useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

/** One line or row of bars. */
export type Series = {
  readonly label: string
  readonly colour: '--accent' | '--quiet' | '--refusal' | '--warning'
  readonly kind: 'line' | 'bars'
  readonly values: readonly (number | null)[]
}

type ChartProps = {
  readonly title: string
  /** What the picture says, in a sentence. */
  readonly summary: string
  /** In seconds. */
  readonly times: readonly number[]
  readonly series: readonly Series[]
  readonly formatValue: (value: number) => string
  readonly formatTime: (timeMs: number) => string
  readonly heightPx?: number
  /** The least that the axis reaches to, so that small noise does not look like a mountain. */
  readonly valueMin: number
}

const HEIGHT_PX = 140
const AXIS_WIDTH_PX = 64
/** Half of the widest time, which may stand at the very end. */
const END_PX = 36

function colourOf(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim()
}

function seriesOptions(element: Element, series: Series): uPlot.Series {
  const colour = colourOf(element, series.colour)
  const bars = uPlot.paths.bars?.({ size: [0.7, 40, 1], align: 1 })
  return series.kind === 'bars' && bars !== undefined
    ? { label: series.label, stroke: colour, fill: colour, width: 0, paths: bars, points: { show: false } }
    : {
        label: series.label,
        stroke: colour,
        width: 1.5,
        points: { show: true, size: 3, fill: colour },
        spanGaps: false,
      }
}

function axisOptions(element: Element, values: (value: number) => string): uPlot.Axis {
  return {
    stroke: colourOf(element, '--quiet'),
    font: `11px ${getComputedStyle(element).fontFamily}`,
    grid: { stroke: colourOf(element, '--line'), width: 1 },
    ticks: { show: false },
    values: (_, splits) => splits.map(values),
  }
}

function optionsOf(
  element: HTMLElement,
  props: ChartProps,
  onPoint: (index: number | undefined) => void,
): uPlot.Options {
  const timeAxis = axisOptions(element, (time) => props.formatTime(time * 1000))
  const valueAxis = axisOptions(element, props.formatValue)
  return {
    width: Math.max(120, element.clientWidth),
    height: props.heightPx ?? HEIGHT_PX,
    padding: [null, END_PX, null, null],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 5 } },
    scales: {
      // The last bar needs room of its own: it begins at its time and ends at the next.
      x: { time: true, range: (_, min, max) => [min, max + stepOf(props.times)] },
      y: { range: (_, __, max) => [0, Math.max(props.valueMin, (max ?? 0) * 1.1)] },
    },
    series: [{}, ...props.series.map((series) => seriesOptions(element, series))],
    axes: [
      { ...timeAxis, grid: { show: false }, space: 90, size: 28 },
      // Whole steps only: the values are counts, milliseconds or millionths of a dollar.
      { ...valueAxis, size: AXIS_WIDTH_PX, space: 34, incrs: wholeSteps },
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? undefined)] },
  }
}

function stepOf(times: readonly number[]): number {
  const [first = 0, second = first] = times
  return second - first
}

const wholeSteps = Array.from({ length: 15 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat()

/** A chart over time. */
export function Chart(props: ChartProps): ReactNode {
  const holder = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const latest = useRef(props)
  latest.current = props
  const [pointed, setPointed] = useState<number | undefined>()
  const shape = props.series.map((series) => series.label + series.kind).join()

  useEffect(() => {
    const element = holder.current
    if (element === null) return
    const of = element
    function draw(): void {
      plot.current?.destroy()
      const data = [latest.current.times, ...latest.current.series.map(({ values }) => values)] as uPlot.AlignedData
      plot.current = new uPlot(optionsOf(of, latest.current, setPointed), data, of)
    }
    draw()
    const resize = new ResizeObserver(() => {
      plot.current?.setSize({ width: Math.max(120, of.clientWidth), height: latest.current.heightPx ?? HEIGHT_PX })
    })
    resize.observe(of)
    const dark = window.matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', draw)
    return () => {
      resize.disconnect()
      dark.removeEventListener('change', draw)
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [shape])

  useEffect(() => {
    plot.current?.setData([props.times, ...props.series.map(({ values }) => values)] as uPlot.AlignedData)
  }, [props.times, props.series])

  return (
    <figure className="chart">
      <figcaption>
        <span className="chart-title">{props.title}</span>
        <Readout chart={props} index={pointed} />
        <span className="off-screen">{props.summary}</span>
      </figcaption>
      <div ref={holder} className="chart-canvas" aria-hidden="true" />
    </figure>
  )
}

/** The values under the pointer; without one, what each colour stands for. */
function Readout(props: { readonly chart: ChartProps; readonly index: number | undefined }): ReactNode {
  const { chart, index } = props
  const time = index === undefined ? undefined : chart.times[index]
  return (
    <span className="chart-readout" aria-hidden="true">
      {time === undefined ? null : <span className="quiet">{chart.formatTime(time * 1000)}</span>}
      {chart.series.map((series) => {
        const value = index === undefined ? undefined : series.values[index]
        const isKnown = value !== null && value !== undefined
        return (
          <span key={series.label}>
            <span className={`swatch swatch${series.colour}`} />
            {series.label} {isKnown ? chart.formatValue(value) : null}
          </span>
        )
      })}
    </span>
  )
}
