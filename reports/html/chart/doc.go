// Package chart draws charts as SVG elements to be set into a page. A chart is a value with a Draw method; colours come
// from the page's style sheet by class, so that a chart follows light, dark and paper. Series differ by dash and marker
// too, not by colour alone.
package chart
