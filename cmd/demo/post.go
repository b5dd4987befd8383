package main

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
)

func newPost(a *app) *cobra.Command {
	r := request{method: http.MethodPost}
	var data, file string
	cmd := &cobra.Command{
		Use:   "post PATH",
		Short: "Send a POST with the session, and print the response",
		Long: "Send a POST with the session, and print the response. If the token is rejected it is refreshed, and the request is\n" +
			"sent again with the same body, up to 64 MiB.",
		Example: `  demo post /echo --data '{"hello":"world"}'
  demo post /echo --data-file photo.jpg --content-type image/jpeg
  echo hello | demo post /echo --data -`,
		Args: arguments("PATH"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := exclusive(cmd, "data", "data-file"); err != nil {
				return err
			}
			r.path = args[0]
			if r.body, err = a.readBody(data, file); err != nil {
				return err
			}
			return a.use(cmd.Context(), func(ctx context.Context, p *profile.Profile) error { return a.send(ctx, p, r) })
		},
	}
	cmd.Flags().StringVarP(&data, "data", "d", "", "`text` of the body; - reads stdin")
	cmd.Flags().StringVar(&file, "data-file", "", "`file` with the body; - reads stdin")
	cmd.Flags().StringVar(&r.contentType, "content-type", "", "media `type` of the body (default: application/json for JSON, else by its content)")
	r.register(cmd)
	return withServer(a, cmd, false)
}
