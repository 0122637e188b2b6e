/** Numbers out of samples, and tables out of numbers. Pure. */

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Of an ascending array: the smallest value that `share` of them do not exceed. */
export function percentile(ascending, share) {
  if (ascending.length === 0) return NaN;
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)];
}

export function round(value, digits = 2) {
  return Number.isFinite(value) ? Number(value.toFixed(digits)) : null;
}

/** Samples of one window: a growing Float64Array, so that a million of them cost no objects. */
export function createSamples() {
  let values = new Float64Array(65_536);
  let count = 0;
  return {
    add(value) {
      if (count === values.length) {
        const larger = new Float64Array(count * 2);
        larger.set(values);
        values = larger;
      }
      values[count++] = value;
    },
    count: () => count,
    clear() {
      count = 0;
    },
    summary() {
      const sorted = values.slice(0, count).sort();
      return { count, p50: round(percentile(sorted, 0.5), 3), p90: round(percentile(sorted, 0.9), 3), p99: round(percentile(sorted, 0.99), 3), max: round(percentile(sorted, 1), 3) };
    },
  };
}

export function table(rows) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i].length)));
  return cells.map((line) => line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ').trimEnd()).join('\n');
}
