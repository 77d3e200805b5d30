package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
)

// A setting is a value of a configuration file, as its flag takes it.
type setting struct {
	text  string
	place string // "run.yaml line 3: in-flight"
}

// readSettings reads the file of --config; none is no settings. Its keys are the names of the command's flags, each once;
// a list may be written as one.
func readSettings(c *cobra.Command) (map[string]setting, error) {
	flag := c.Flags().Lookup("config")
	if flag == nil || flag.Value.String() == "" {
		return nil, nil
	}
	path := flag.Value.String()
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("--config %s: there is no such file", path)
	}
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	return parseSettings(c, filepath.Base(path), text)
}

func parseSettings(c *cobra.Command, name string, text []byte) (map[string]setting, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(document.Content) == 0 {
		return nil, nil
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s line %d: give settings, one a line, such as in-flight: 4", name, root.Line)
	}
	all := map[string]setting{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		place := fmt.Sprintf("%s line %d: %s", name, key.Line, key.Value)
		if err := known(c, key.Value); err != nil {
			return nil, fmt.Errorf("%s: %w", place, err)
		}
		if _, twice := all[key.Value]; twice {
			return nil, fmt.Errorf("%s: is there twice: keep one", place)
		}
		v, err := flat(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", place, err)
		}
		all[key.Value] = setting{v, place}
	}
	return all, nil
}

// known refuses a key that is no flag of the command.
func known(c *cobra.Command, key string) error {
	var names []string
	for _, f := range settings(c) {
		names = append(names, f.Name)
	}
	if slices.Contains(names, key) {
		return nil
	}
	return fmt.Errorf("%s has no such setting%s: see %s --help", c.CommandPath(), didYouMean(key, names), c.CommandPath())
}

// flat writes a value as it would be typed.
func flat(value *yaml.Node) (string, error) {
	switch value.Kind {
	case yaml.ScalarNode:
		if value.Tag == "!!null" {
			return "", errors.New("has no value: give one or leave it out")
		}
		return value.Value, nil
	case yaml.SequenceNode:
		var parts []string
		for _, e := range value.Content {
			if e.Kind != yaml.ScalarNode || strings.Contains(e.Value, ",") {
				return "", fmt.Errorf("line %d of the list is no single value", e.Line)
			}
			parts = append(parts, e.Value)
		}
		return strings.Join(parts, ","), nil
	}
	return "", errors.New("give a value or a list of values")
}
