package target

import (
	"regexp"
	"strings"
)

// Where a password ends is a guess when it is not encoded as it should be: each pattern takes rather too much.
var (
	// To the last @ of the word, so that an @, / or # of the password does not end it.
	inURL = regexp.MustCompile(`(?i)([a-z]+://[^:/?#@\s]*):[^\s]*@`)
	// An @ may have been cut off. What is no port is a password.
	inCutURL = regexp.MustCompile(`(?i)(postgres(?:ql)?://[^:/?#@\s]*):[^\s@/?]*[^\d\s@/?"'][^\s@]*`)
	// In a query the keyword itself may be percent-encoded.
	inQuery = regexp.MustCompile(`(?i)([?&][^=&\s]*(?:pass|%)[^=&\s]*=)[^&\s]*`)
	// Where the URL is all there is, not even a space ends it.
	inWholeQuery = regexp.MustCompile(`(?i)([?&][^=&\s]*(?:pass|%)[^=&\s]*=)[^&]*`)
	// Quoted, also without an end, or a word in which a backslash escapes a space.
	inKeyword = regexp.MustCompile(`(?is)((?:^|[^?&\w%])(?:ssl)?(?:password|passwd)[\s\v]*=[\s\v]*)('(?:[^'\\]|\\.)*(?:'[^\s\v]*|\\?$)|(?:[^\s\v\\]|\\.)*)`)
)

// Redact gives s with every password in it, in a URL or behind a keyword, replaced by xxxxx. In a password that is not
// encoded as its form demands it takes too much rather than too little.
func Redact(s string) string {
	if isURL(s) {
		// All of s is one URL: not even a space ends the password.
		if i := strings.LastIndexByte(beforeQuery(s), '@'); i >= 0 {
			scheme, rest, _ := strings.Cut(s[:i], "://")
			user, _, found := strings.Cut(rest, ":")
			switch {
			case found && strings.Contains(rest, "?"): // either side of it may be a password's
				s = scheme + "://" + user + ":xxxxx"
			case found:
				s = scheme + "://" + user + ":xxxxx" + s[i:]
			}
		}
		s = inWholeQuery.ReplaceAllString(s, "${1}xxxxx")
	} else {
		s = inURL.ReplaceAllString(s, "$1:xxxxx@")
		s = inCutURL.ReplaceAllString(s, "$1:xxxxx")
		s = inQuery.ReplaceAllString(s, "${1}xxxxx")
	}
	return inKeyword.ReplaceAllString(s, "${1}xxxxx")
}

// beforeQuery is a URL up to its query. A ? before the only @ is one of the password.
func beforeQuery(s string) string {
	if path, _, found := strings.Cut(s, "?"); found && strings.Contains(path, "@") {
		return path
	}
	return s
}
