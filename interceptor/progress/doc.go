// Package progress reports how far uploads and downloads have come, as Dio's onSendProgress and
// onReceiveProgress do.
//
//	client := resty.New()
//	err := chain.New(session, progress.New(progress.Config{})).Install(client)
//
//	ctx = progress.WithDownload(ctx, func(r progress.Report) { bar.Set(r.Bytes, r.Total) })
//	resp, err := client.R().SetContext(ctx).SetOutput("film.mp4").Get("/film")
//
// # Order
//
// Put it at the end of the list, so that it counts what the transport reads and delivers. Every
// attempt of a call counts from 0 again; [Report].Attempt tells them apart.
//
// # Errors
//
// The package makes no errors of its own, with one exception: a panic in a function that watches an
// upload, which runs on a goroutine of the transport, fails the upload instead of ending the
// program. A panic in one that watches a download reaches the reader of the body.
//
// # Concurrency
//
// The functions run on the goroutine that reads the body: for a download the caller's, for an
// upload the transport's. An upload may still run when its response is there, so two functions of
// one call may run at the same time. A function that takes long slows the transfer down.
//
// # Security
//
// Reports hold numbers only.
package progress
