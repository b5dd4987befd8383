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
		Short: "Send a POST with the session and print the answer",
		Long: "Send a POST with the session and print the answer. If the token has to be refreshed, the body is sent again, byte for\n" +
			"byte, up to 64 MiB.",
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
	cmd.Flags().StringVarP(&data, "data", "d", "", "the body, a `text`; - is stdin")
	cmd.Flags().StringVar(&file, "data-file", "", "`file` with the body; - is stdin")
	cmd.Flags().StringVar(&r.contentType, "content-type", "", "`type` of the body (default: application/json if it is, else text or bytes)")
	r.register(cmd)
	return withServer(a, cmd, false)
}
