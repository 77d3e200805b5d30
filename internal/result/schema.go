package result

import _ "embed" // for the schemas

// Schema is the JSON Schema (draft 2020-12) of a result file.
//
//go:embed schema/result.schema.json
var Schema []byte

// ComparisonSchema is the JSON Schema (draft 2020-12) of what compare --json prints.
//
//go:embed schema/comparison.schema.json
var ComparisonSchema []byte
