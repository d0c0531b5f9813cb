//! Charts as SVG without scripts. They take the colours of the page, and each stands beside a table with the same figures.

use crate::text::{grouped, xml as escaped};
use std::fmt::Write;

/// The width of every chart, in its own units: about the pixels of a phone, so that its words are as large there as the others.
const WIDTH: f64 = 340.0;

/// Horizontal bars, one below the other.
pub(super) fn bars(title: &str, values: &[(String, u64)]) -> String {
    const ROW: f64 = 22.0;
    const LABEL: f64 = 80.0;
    const FIGURE: f64 = 70.0;
    let most = values
        .iter()
        .map(|(_, value)| *value)
        .max()
        .unwrap_or_default()
        .max(1);
    #[expect(clippy::cast_precision_loss, reason = "a drawing")]
    let height = ROW * values.len() as f64;
    let mut svg = open(title, height);
    for (index, (label, value)) in values.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a drawing")]
        let (top, share) = (ROW * index as f64, *value as f64 / most as f64);
        let long = (share * (WIDTH - LABEL - FIGURE)).max(1.0);
        let _ = write!(
            svg,
            "<text x=\"0\" y=\"{y:.1}\">{label}</text>\
             <rect class=\"bar\" x=\"{LABEL}\" y=\"{bar:.1}\" width=\"{long:.1}\" height=\"14\" rx=\"2\"/>\
             <text x=\"{end:.1}\" y=\"{y:.1}\">{figure}</text>",
            y = top + 15.0,
            label = escaped(label),
            bar = top + 4.0,
            end = LABEL + long + 6.0,
            figure = grouped(*value)
        );
    }
    svg.push_str("</svg>");
    svg
}

/// Columns side by side, labelled at both ends.
pub(super) fn columns(title: &str, values: &[(String, u64)]) -> String {
    const HEIGHT: f64 = 100.0;
    const FOOT: f64 = 20.0;
    let most = values
        .iter()
        .map(|(_, value)| *value)
        .max()
        .unwrap_or_default()
        .max(1);
    #[expect(clippy::cast_precision_loss, reason = "a drawing")]
    let step = WIDTH / values.len().max(1) as f64;
    let mut svg = open(title, HEIGHT + FOOT);
    for (index, (_, value)) in values.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a drawing")]
        let (left, share) = (step * index as f64, *value as f64 / most as f64);
        let high = share * HEIGHT;
        let _ = write!(
            svg,
            "<rect class=\"bar\" x=\"{left:.2}\" y=\"{top:.2}\" width=\"{wide:.2}\" height=\"{high:.2}\"/>",
            top = HEIGHT - high,
            wide = (step * 0.9).max(0.5)
        );
    }
    let ends = [(0.0, "start", values.first()), (WIDTH, "end", values.last())];
    for (x, anchor, value) in ends {
        if let Some((label, _)) = value {
            let _ = write!(
                svg,
                "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{label}</text>",
                y = HEIGHT + FOOT - 6.0,
                label = escaped(label)
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

fn open(title: &str, height: f64) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\" xmlns=\"http://www.w3.org/2000/svg\">",
        title = escaped(title)
    )
}
