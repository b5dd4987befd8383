package chain_test

import (
	"fmt"
	"net/http"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// After Install, resty's setters for proxy and TLS reach the transport through Configure.
func ExampleConfigure() {
	client := resty.New()
	if err := chain.New(speaker("A")).Install(client); err != nil {
		fmt.Println(err)
	}
	err := chain.Configure(client, func(c *resty.Client) { c.SetProxy("http://proxy.example:3128") })
	fmt.Println(err, client.IsProxySet())
	// Output: <nil> true
}

// An interceptor that needs what resty knows of a request, such as its path parameters.
func ExampleRestyRequest() {
	client := mocked(http.StatusOK)
	name := &interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		if r, ok := chain.RestyRequest(req); ok {
			fmt.Println("user", r.PathParams["id"])
		}
		return h.Next(req)
	}}
	if err := chain.New(name).Install(client); err != nil {
		fmt.Println(err)
	}
	_, err := client.R().SetPathParam("id", "7").Get("https://api.example.com/users/{id}")
	fmt.Println(err)
	// Output:
	// user 7
	// <nil>
}

// Uninstall puts the client's own transport back.
func ExampleUninstall() {
	client := mocked(http.StatusOK)
	if err := chain.New(speaker("A")).Install(client); err != nil {
		fmt.Println(err)
	}
	fmt.Println(chain.Uninstall(client))
	resp, err := client.R().Get("https://api.example.com/")
	fmt.Println(resp.Status(), err)
	// Output:
	// true
	// 200 OK <nil>
}
