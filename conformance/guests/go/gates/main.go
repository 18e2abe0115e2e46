// Command gates holds the three deciding test modules of contract fork §9 in one: test-authn, test-authz and
// test-admission.
package main

import (
	"errors"
	"slices"

	"ostiary/conformance/guests/envelope"
)

func main() {}

type authnSettings struct {
	Token  string   `json:"token"`
	UID    string   `json:"uid"`
	User   string   `json:"user"`
	Groups []string `json:"groups"`
}

type tokenReview struct {
	APIVersion string `json:"apiVersion,omitempty"`
	Kind       string `json:"kind,omitempty"`
	Spec       struct {
		Token     string   `json:"token"`
		Audiences []string `json:"audiences,omitempty"`
	} `json:"spec"`
	Status tokenStatus `json:"status"`
}

type tokenStatus struct {
	Authenticated bool     `json:"authenticated"`
	User          *user    `json:"user,omitempty"`
	Audiences     []string `json:"audiences,omitempty"`
	Error         string   `json:"error,omitempty"`
}

type user struct {
	Username string   `json:"username"`
	UID      string   `json:"uid"`
	Groups   []string `json:"groups"`
}

//go:wasmexport authn
func authn() {
	defaults := authnSettings{Token: "my-test-token", UID: "1337", User: "my-user", Groups: []string{"system:masters"}}
	envelope.Serve(defaults, func(review tokenReview, settings authnSettings) (any, error) {
		review.APIVersion, review.Kind = "authentication.k8s.io/v1", "TokenReview"
		if review.Spec.Token != settings.Token {
			review.Status = tokenStatus{Error: "invalid token"}
			return review, nil
		}
		review.Status = tokenStatus{
			Authenticated: true,
			User:          &user{settings.User, settings.UID, settings.Groups},
			Audiences:     review.Spec.Audiences,
		}
		return review, nil
	})
}

type authzSettings struct {
	AllowAll   bool   `json:"allow_all"`
	MagicGroup string `json:"magic_group"`
	MagicName  string `json:"magic_name"`
}

type accessReview struct {
	Spec struct {
		Groups             []string `json:"groups"`
		ResourceAttributes struct {
			Name string `json:"name"`
		} `json:"resourceAttributes"`
	} `json:"spec"`
}

type accessAnswer struct {
	APIVersion string       `json:"apiVersion"`
	Kind       string       `json:"kind"`
	Status     accessStatus `json:"status"`
}

type accessStatus struct {
	Allowed bool `json:"allowed"`
}

// Beside allow_all, a member of magic_group may touch what is called magic_name; everything else is left to others.
//
//go:wasmexport authz
func authz() {
	envelope.Serve(authzSettings{AllowAll: true}, func(review accessReview, settings authzSettings) (any, error) {
		member := settings.MagicGroup != "" && slices.Contains(review.Spec.Groups, settings.MagicGroup)
		allowed := settings.AllowAll || member && review.Spec.ResourceAttributes.Name == settings.MagicName
		return accessAnswer{"authorization.k8s.io/v1", "SubjectAccessReview", accessStatus{allowed}}, nil
	})
}

type admissionReview struct {
	Request *struct {
		UID       string `json:"uid"`
		Namespace string `json:"namespace"`
		Kind      struct {
			Kind string `json:"kind"`
		} `json:"kind"`
		Object *struct {
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
		} `json:"object"`
	} `json:"request"`
}

type admissionAnswer struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Response   admissionResponse `json:"response"`
}

type admissionResponse struct {
	UID     string `json:"uid"`
	Allowed bool   `json:"allowed"`
}

// In the namespace "default" only pods named "foo" may be.
//
//go:wasmexport validate
func validate() {
	envelope.Serve(struct{}{}, func(review admissionReview, _ struct{}) (any, error) {
		request := review.Request
		if request == nil {
			return nil, errors.New("request not set in AdmissionReview")
		}
		isPod := request.Kind.Kind == "Pod" && request.Object != nil
		denied := isPod && request.Namespace == "default" && request.Object.Metadata.Name != "foo"
		response := admissionResponse{request.UID, !denied}
		return admissionAnswer{"admission.k8s.io/v1", "AdmissionReview", response}, nil
	})
}
