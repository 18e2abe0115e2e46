// A command that asks its host before it has read its input: the reply then stands behind the input.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/kubewarden/policy-sdk-go/pkg/capabilities"
)

func main() {
	host := capabilities.NewHost()
	both, err := host.Client.HostCall("kubewarden", "kubernetes", "ask", []byte("early"))
	if err != nil {
		fmt.Print("refused: ", err)
		return
	}
	rest, _ := io.ReadAll(os.Stdin)
	fmt.Printf("%s|%s", both, rest)
}
